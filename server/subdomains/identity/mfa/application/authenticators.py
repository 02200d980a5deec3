"""The authenticators that a person has: to look at, and to do without."""

from collections.abc import Sequence

from server.kernel.database import OpenUnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.mfa.application.entrance import Claim, Entrance
from server.subdomains.identity.mfa.domain.authenticator import MfaAuthenticator
from server.subdomains.identity.mfa.repository import PersonMfaRepository


class Authenticators:
    """Lists and removes authenticators."""

    def __init__(self, *, begin: OpenUnitOfWork, entrance: Entrance, usages: UsagesApi) -> None:
        self._begin = begin
        self._entrance = entrance
        self._usages = usages

    @classmethod
    def of(cls, platform: Platform) -> "Authenticators":
        return cls(
            begin=platform.begin,
            entrance=platform.shared(Entrance.of),
            usages=UsagesApi.of(platform),
        )

    async def list_authenticators(self, claim: Claim) -> Sequence[MfaAuthenticator]:
        """All of a person, in the order of being added: there are never more than four."""
        return (await self._entrance.look_in(claim)).authenticators

    async def disassociate(self, claim: Claim, *, authenticator_id: str) -> None:
        """Remove one."""
        async with self._entrance.turn(claim) as user_id, self._begin() as uow:
            person = await self._entrance.enter(uow, claim, user_id)
            authenticator = person.get(authenticator_id)
            person.remove(authenticator)
            await PersonMfaRepository(uow).save(person)
            self._usages.record(
                uow, "User MFA Disassociated", Id=user_id, MfaAuthenticatorType=authenticator.type.value
            )
