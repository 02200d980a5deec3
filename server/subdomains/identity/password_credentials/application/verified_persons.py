"""
Persons of whom somebody else knows that an address is theirs: by an invitation that reached it, or of a provider.

All of it happens in the transaction of whoever knows.
"""

from collections.abc import Callable

from server.kernel.clock import Clock
from server.kernel.database import UnitOfWork
from server.kernel.security.secrets import SecretKeys
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.api_keys.api import ApiKeysApi
from server.subdomains.identity.auth_tokens.api import AuthTokensApi
from server.subdomains.identity.password_credentials.application.lockout import lockout_rules, login_key
from server.subdomains.identity.password_credentials.application.registrations import Registrations
from server.subdomains.identity.password_credentials.application.tokens import TestingTokens
from server.subdomains.identity.password_credentials.domain.credential import PersonCredential
from server.subdomains.identity.password_credentials.domain.logins import LockoutRules
from server.subdomains.identity.password_credentials.domain.registration import Registration
from server.subdomains.identity.password_credentials.errors import CredentialTaken
from server.subdomains.identity.password_credentials.repository import CredentialRepository, LoginMonitorRepository
from server.subdomains.user_profiles.api import UserProfilesApi


class VerifiedPersons:
    """Registers them, says which addresses are theirs, and takes away what others may have planted."""

    def __init__(
        self,
        *,
        registrations: Registrations,
        secrets: SecretKeys,
        lockout: LockoutRules,
        testing_tokens: TestingTokens,
        sessions: AuthTokensApi,
        api_keys: ApiKeysApi,
        profiles: UserProfilesApi,
        usages: UsagesApi,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._registrations = registrations
        self._secrets = secrets
        self._lockout = lockout
        self._testing_tokens = testing_tokens
        self._sessions = sessions
        self._api_keys = api_keys
        self._profiles = profiles
        self._usages = usages
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "VerifiedPersons":
        return cls(
            registrations=Registrations.of(platform),
            secrets=platform.secrets,
            lockout=lockout_rules(platform),
            testing_tokens=TestingTokens.of(platform),
            sessions=AuthTokensApi.of(platform),
            api_keys=ApiKeysApi.of(platform),
            profiles=UserProfilesApi.of(platform),
            usages=UsagesApi.of(platform),
            new_id=platform.new_id,
            now=platform.clock,
        )

    async def register(self, uow: UnitOfWork, registration: Registration, password_hash: str) -> PersonCredential:
        """Register the owner of an address, in place of whoever may have registered it and never confirmed it."""
        registration = self._registrations.normalized(registration)
        await self._forget_failures(uow, registration.email_address)
        known = await CredentialRepository(uow).find_by_email_address(registration.email_address)
        if known is not None:
            if known.is_verified:
                raise CredentialTaken
            await self._replace(uow, known, registration, password_hash)
            return known
        user = await self._registrations.register_user(uow, registration)
        if not user.is_new:
            raise CredentialTaken
        credential = PersonCredential.register(
            credential_id=self._new_id("cred"),
            user_id=user.id,
            email_address=registration.email_address,
            name=registration.first_name,
            password_hash=password_hash,
            now=self._now(),
        )
        credential.vouch(self._now())
        await CredentialRepository(uow).add(credential)
        self._usages.record(uow, "User Registered", Id=user.id)
        return credential

    async def verified_addresses(self, uow: UnitOfWork, user_id: str) -> list[str]:
        """The address of the credential of a user, if it is confirmed."""
        found = await CredentialRepository(uow).look_up_by_user(user_id)
        return [found.email_address] if found is not None and found.is_verified else []

    async def void_unconfirmed(self, uow: UnitOfWork, user_id: str) -> bool:
        """Take away the password and the token of a registration that was never confirmed, if there is one."""
        credential = await CredentialRepository(uow).find_by_user(user_id)
        if credential is None or credential.is_verified:
            return False
        credential.void()
        await CredentialRepository(uow).save(credential)
        await self._testing_tokens.forget(uow, credential.id)
        return True

    async def _replace(
        self, uow: UnitOfWork, credential: PersonCredential, registration: Registration, password_hash: str
    ) -> None:
        credential.replace_registration(name=registration.first_name, password_hash=password_hash, now=self._now())
        await CredentialRepository(uow).save(credential)
        await self._testing_tokens.forget(uow, credential.id)
        await self._profiles.introduce_anew(
            uow,
            user_id=credential.user_id,
            first_name=registration.first_name,
            last_name=registration.last_name,
            timezone=registration.timezone,
            locale=registration.locale,
            country_code=registration.country_code,
        )
        await self._sessions.revoke_all(uow, credential.user_id)
        await self._api_keys.revoke_all_of(uow, credential.user_id)
        self._usages.record(uow, "User Registered", Id=credential.user_id)

    async def _forget_failures(self, uow: UnitOfWork, email_address: str) -> None:
        """Wrong guesses at somebody else's password do not count against the owner."""
        monitors, now = LoginMonitorRepository(uow, self._lockout), self._now()
        monitor = await monitors.get(login_key(self._secrets, email_address), now)
        monitor.succeed()
        await monitors.save(monitor, now)
