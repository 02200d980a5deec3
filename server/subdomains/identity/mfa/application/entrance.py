"""
Who comes, and whether the credential is far enough: what every call about authenticators begins with.

Whoever is found by a token is looked up without a lock, and looked at again once everything is locked: the login
monitor of the name, the credential, the user's access, the second factors. All sign-ins lock in this order: a
suspension, too, has the user locked when it ends a sign-in that waits.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from server.kernel.clock import Clock
from server.kernel.database import Reader, UnitOfWork
from server.kernel.security.secrets import digest
from server.kernel.subdomain import Platform
from server.kernel.turns import Turns
from server.subdomains.identity.mfa.domain.person_mfa import PersonMfa
from server.subdomains.identity.mfa.errors import MfaNotEnabled, MfaTokenInvalid, PasswordNotSet
from server.subdomains.identity.mfa.repository import PersonMfaReader, PersonMfaRepository
from server.subdomains.identity.password_credentials.api import (
    Credential,
    CredentialNotFound,
    PasswordCredentialsApi,
    RegistrationNotVerified,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who somebody claims to be: a user who is signed in, or else whoever this MFA token was given to."""

    user_id: str | None
    mfa_token: str = field(repr=False)

    @property
    def is_signed_in(self) -> bool:
        """Whether the caller has a session, or an API key."""
        return self.user_id is not None


class Entrance:
    """Lets people in. One a process: it also makes those who come as the same person wait for each other."""

    def __init__(self, *, reader: Reader, credentials: PasswordCredentialsApi, now: Clock) -> None:
        self._reader = PersonMfaReader(reader)
        self._credentials = credentials
        self._now = now
        self._turns = Turns()

    @classmethod
    def of(cls, platform: Platform) -> "Entrance":
        return cls(
            reader=platform.reader,
            credentials=PasswordCredentialsApi.of(platform),
            now=platform.clock,
        )

    @asynccontextmanager
    async def turn(self, claim: Claim) -> AsyncIterator[str]:
        """
        Who it is, once nobody else comes as the same person: here they wait without holding a connection each.

        Raises:
            MfaTokenInvalid: Nobody's sign-in waits for whoever has this token.
        """
        user_id = await self._user_of(claim)
        async with self._turns.of(user_id.encode()):
            yield user_id

    async def enter(self, uow: UnitOfWork, claim: Claim, user_id: str) -> PersonMfa:
        """
        The second factors of a person, whom nobody else changes or signs in until the transaction ends.

        Raises:
            MfaTokenInvalid: The token has been used up, was replaced, or has expired.
            CredentialNotFound, RegistrationNotVerified, PasswordNotSet, MfaNotEnabled: The credential is not that far.
        """
        credential = await self._credentials.lock_credential(uow, user_id)
        if credential is None:
            raise _nobody(claim)
        person = await PersonMfaRepository(uow).get(credential.id, user_id)
        return self._admit(claim, credential, person)

    async def look_in(self, claim: Claim) -> PersonMfa:
        """As :meth:`enter`, without keeping anybody else from anything."""
        user_id = await self._user_of(claim)
        credential = await self._credentials.find_credential(user_id)
        if credential is None:
            raise _nobody(claim)
        return self._admit(claim, credential, await self._reader.get(credential.id, user_id))

    async def _user_of(self, claim: Claim) -> str:
        if claim.user_id is not None:
            return claim.user_id
        user_id = await self._reader.find_user_by_token(digest(claim.mfa_token))
        if user_id is None:
            raise MfaTokenInvalid
        return user_id

    def _admit(self, claim: Claim, credential: Credential, person: PersonMfa) -> PersonMfa:
        if not claim.is_signed_in:
            is_awaited = person.pending is not None and person.pending.is_awaiting(digest(claim.mfa_token), self._now())
            if not is_awaited:
                raise MfaTokenInvalid
        require_complete(credential)
        if not credential.is_mfa_enabled:
            raise MfaNotEnabled
        return person


def require_complete(credential: Credential) -> None:
    """
    Let nothing happen to a credential that nobody can sign in with.

    Raises:
        RegistrationNotVerified, PasswordNotSet: It is one.
    """
    if not credential.is_verified:
        raise RegistrationNotVerified
    if not credential.has_password:
        raise PasswordNotSet


def _nobody(claim: Claim) -> CredentialNotFound | MfaTokenInvalid:
    return CredentialNotFound() if claim.is_signed_in else MfaTokenInvalid()
