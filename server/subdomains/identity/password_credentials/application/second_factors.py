"""
What second factors have to do with passwords: the same name is locked, and the same session is opened.

Everything here happens in the transaction of whoever checks the factor, which has locked the credential first.
"""

from collections.abc import Sequence

from server.kernel.clock import Clock
from server.kernel.database import UnitOfWork
from server.kernel.errors import AccountSuspended, Refusal
from server.kernel.security.secrets import SecretKeys
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.identity.auth_tokens.api import AuthTokensApi, Tokens
from server.subdomains.identity.password_credentials.application.lockout import lockout_rules, login_key
from server.subdomains.identity.password_credentials.domain.credential import PROVIDER, PersonCredential
from server.subdomains.identity.password_credentials.domain.logins import LockoutRules, LoginMonitor
from server.subdomains.identity.password_credentials.errors import (
    AccountLocked,
    CredentialNotFound,
    InvalidCredentials,
)
from server.subdomains.identity.password_credentials.repository import CredentialRepository, LoginMonitorRepository
from server.subdomains.users.api import User, UsersApi

_AUDIT = "Authentication.Password.Failed."


class SecondFactorSignIns:
    """Goes on with sign-ins whose password was right."""

    def __init__(
        self,
        *,
        secrets: SecretKeys,
        rules: LockoutRules,
        tokens: AuthTokensApi,
        users: UsersApi,
        audits: AuditsApi,
        now: Clock,
    ) -> None:
        self._secrets = secrets
        self._rules = rules
        self._tokens = tokens
        self._users = users
        self._audits = audits
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "SecondFactorSignIns":
        return cls(
            secrets=platform.secrets,
            rules=lockout_rules(platform),
            tokens=AuthTokensApi.of(platform),
            users=UsersApi.of(platform),
            audits=AuditsApi.of(platform),
            now=platform.clock,
        )

    async def lock(self, uow: UnitOfWork, user_id: str) -> PersonCredential | None:
        """The credential of a user, which nobody else changes until the transaction ends. Nor its login monitor."""
        found = await CredentialRepository(uow).look_up_by_user(user_id)
        if found is None:
            return None
        # The monitor first, as every sign-in does: two that wait for each other in turns would wait for ever.
        await self._monitor(uow, found)
        credential = await CredentialRepository(uow).find_by_user(user_id)
        # And the user before its factors: a suspension has locked the user when it comes to what is pending of them.
        await self._users.hold_access(uow, user_id)
        return credential

    async def change_mfa(self, uow: UnitOfWork, user_id: str, *, is_enabled: bool) -> None:
        """Let signing in ask for a second factor, or no more."""
        credential = await self._credential(uow, user_id)
        credential.change_mfa(is_enabled=is_enabled)
        await CredentialRepository(uow).save(credential)

    async def reset_mfa(self, uow: UnitOfWork, user_id: str) -> None:
        """Bring the options about second factors back to what they are at first."""
        credential = await self._credential(uow, user_id)
        credential.reset_mfa()
        await CredentialRepository(uow).save(credential)

    async def find_refusal(self, uow: UnitOfWork, user_id: str) -> Refusal | None:
        """Why the user may not sign in now, whatever the factor says; audited."""
        credential, user = await self._credential(uow, user_id), await self._users.find_user(uow, user_id)
        if (await self._monitor(uow, credential)).is_locked(self._rules, self._now()):
            template = "User {Id} tried to sign in with a second factor while locked"
            self._audits.record(uow, _AUDIT + "AccountLocked", template, user_id, against=user_id)
            return AccountLocked()
        if user is None or not user.is_registered_person:
            return InvalidCredentials()
        if user.is_suspended:
            template = "Suspended user {Id} tried to sign in with a second factor"
            self._audits.record(uow, _AUDIT + "AccountSuspended", template, user_id, against=user_id)
            return AccountSuspended()
        return None

    async def count_wrong_code(self, uow: UnitOfWork, user_id: str) -> None:
        """Count a wrong code as a wrong password: too many lock the name."""
        credential, now = await self._credential(uow, user_id), self._now()
        monitor = await self._monitor(uow, credential)
        credential.unlock()
        if monitor.fail(self._rules, now):
            credential.lock()
        if credential.events:
            await CredentialRepository(uow).save(credential)
        await LoginMonitorRepository(uow, self._rules).save(monitor, now)

    async def complete(self, uow: UnitOfWork, user_id: str, amr: Sequence[str]) -> Tokens:
        """Open the session of a user who has shown everything, whom :meth:`find_refusal` did not refuse."""
        credential, user = await self._credential(uow, user_id), await self._user(uow, user_id)
        monitor = await self._monitor(uow, credential)
        monitor.succeed()
        credential.unlock()
        if credential.events:
            await CredentialRepository(uow).save(credential)
        await LoginMonitorRepository(uow, self._rules).save(monitor, self._now())
        return await self._tokens.sign_in(
            uow,
            user=user,
            amr=amr,
            provider=PROVIDER,
            email_address=credential.email_address,
            name=credential.name,
        )

    async def _monitor(self, uow: UnitOfWork, credential: PersonCredential) -> LoginMonitor:
        name_digest = login_key(self._secrets, credential.email_address)
        return await LoginMonitorRepository(uow, self._rules).get(name_digest, self._now())

    async def _credential(self, uow: UnitOfWork, user_id: str) -> PersonCredential:
        credential = await CredentialRepository(uow).find_by_user(user_id)
        if credential is None:
            raise CredentialNotFound
        return credential

    async def _user(self, uow: UnitOfWork, user_id: str) -> User:
        user = await self._users.find_user(uow, user_id)
        if user is None:
            raise InvalidCredentials
        return user
