"""Whether signing in asks for a second factor, and how operators help somebody who has lost all of them."""

from dataclasses import dataclass, replace

from server.kernel.access.caller import current_call
from server.kernel.database import OpenUnitOfWork, UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.mfa.application.entrance import require_complete
from server.subdomains.identity.mfa.repository import PersonMfaRepository
from server.subdomains.identity.password_credentials.api import (
    Credential,
    CredentialNotFound,
    PasswordCredentialsApi,
)
from server.subdomains.users.api import User, UsersApi


@dataclass(frozen=True, slots=True)
class CredentialOfUser:
    """How a user signs in, and who that is."""

    credential: Credential
    user: User


class Options:
    """Switches second factors on and off."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        credentials: PasswordCredentialsApi,
        users: UsersApi,
        audits: AuditsApi,
        usages: UsagesApi,
    ) -> None:
        self._begin = begin
        self._credentials = credentials
        self._users = users
        self._audits = audits
        self._usages = usages

    @classmethod
    def of(cls, platform: Platform) -> "Options":
        return cls(
            begin=platform.begin,
            credentials=PasswordCredentialsApi.of(platform),
            users=UsersApi.of(platform),
            audits=AuditsApi.of(platform),
            usages=UsagesApi.of(platform),
        )

    async def change_mfa(self, *, user_id: str, is_enabled: bool) -> CredentialOfUser:
        """Let signing in ask for a second factor, or no more."""
        async with self._begin() as uow:
            found = await self._get(uow, user_id)
            require_complete(found.credential)
            if is_enabled != found.credential.is_mfa_enabled:
                await self._credentials.change_mfa(uow, user_id, is_enabled=is_enabled)
                if not is_enabled:
                    await self._remove_all(uow, found.credential)
            self._usages.record(uow, "User MFA Enabled", Id=user_id, Enabled=str(is_enabled).lower())
        return replace(found, credential=replace(found.credential, is_mfa_enabled=is_enabled))

    async def reset_mfa(self, *, user_id: str) -> CredentialOfUser:
        """Take the second factors of somebody who has lost them away, as an operator."""
        async with self._begin() as uow:
            found = await self._get(uow, user_id)
            if not (found.credential.is_verified and found.credential.has_password):
                return found
            await self._credentials.reset_mfa(uow, user_id)
            people = PersonMfaRepository(uow)
            person = await people.get(found.credential.id, user_id)
            person.reset()
            await people.save(person)
            self._audits.record(
                uow,
                "Authentication.Password.Mfa.Reset",
                "Operator {OperatorId} reset the second factors of user {Id}",
                current_call().caller.user_id,
                user_id,
                against=user_id,
            )
        return replace(found, credential=replace(found.credential, is_mfa_enabled=False, can_mfa_be_disabled=True))

    async def _get(self, uow: UnitOfWork, user_id: str) -> CredentialOfUser:
        credential = await self._credentials.lock_credential(uow, user_id)
        user = await self._users.find_user(uow, user_id)
        if credential is None or user is None:
            raise CredentialNotFound
        return CredentialOfUser(credential, user)

    async def _remove_all(self, uow: UnitOfWork, credential: Credential) -> None:
        people = PersonMfaRepository(uow)
        person = await people.get(credential.id, credential.user_id)
        person.remove_all()
        person.end_sign_in()
        await people.save(person)
