"""What other subdomains may ask of password credentials."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.kernel.database import UnitOfWork
from server.kernel.errors import Refusal, Violation
from server.kernel.subdomain import Platform
from server.subdomains.identity.auth_tokens.api import Tokens
from server.subdomains.identity.password_credentials.application.registrations import Registrations
from server.subdomains.identity.password_credentials.application.second_factors import SecondFactorSignIns
from server.subdomains.identity.password_credentials.application.verified_persons import VerifiedPersons
from server.subdomains.identity.password_credentials.domain.credential import PersonCredential
from server.subdomains.identity.password_credentials.domain.registration import Defaults, Registration
from server.subdomains.identity.password_credentials.errors import (
    AccountLocked,
    CredentialNotFound,
    CredentialTaken,
    RegistrationNotVerified,
)
from server.subdomains.identity.password_credentials.ports import SecondFactors
from server.subdomains.identity.password_credentials.settings import PasswordCredentialsSettings

__all__ = [
    "AccountLocked",
    "Credential",
    "CredentialNotFound",
    "CredentialTaken",
    "Defaults",
    "PasswordCredentialsApi",
    "Registration",
    "RegistrationNotVerified",
    "SecondFactors",
    "defaults_of_registrations",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """That a user can sign in with a password."""

    id: str
    user_id: str
    email_address: str
    person_name: str
    is_verified: bool
    has_password: bool
    is_mfa_enabled: bool
    can_mfa_be_disabled: bool


class PasswordCredentialsApi:
    """Finds credentials, goes on with sign-ins that need a second factor, registers persons whose address is proven."""

    def __init__(
        self, registrations: Registrations, second_factors: SecondFactorSignIns, verified_persons: VerifiedPersons
    ) -> None:
        self._registrations = registrations
        self._second_factors = second_factors
        self._verified_persons = verified_persons

    @classmethod
    def of(cls, platform: Platform) -> "PasswordCredentialsApi":
        return cls(Registrations.of(platform), SecondFactorSignIns.of(platform), VerifiedPersons.of(platform))

    async def find_credential(self, user_id: str) -> Credential | None:
        """The credential of a user, confirmed or not: one read, outside any transaction."""
        return _credential_of(await self._registrations.find_credential(user_id=user_id))

    async def lock_credential(self, uow: UnitOfWork, user_id: str) -> Credential | None:
        """The credential of a user. Until the transaction ends nobody else changes it, signs in, or suspends them."""
        return _credential_of(await self._second_factors.lock(uow, user_id))

    async def change_mfa(self, uow: UnitOfWork, user_id: str, *, is_enabled: bool) -> None:
        """
        Let signing in ask for a second factor, or no more. The credential is locked.

        Raises:
            MfaCannotBeDisabled: It has to go on asking.
        """
        await self._second_factors.change_mfa(uow, user_id, is_enabled=is_enabled)

    async def reset_mfa(self, uow: UnitOfWork, user_id: str) -> None:
        """Bring the options about second factors back to what they are at first. The credential is locked."""
        await self._second_factors.reset_mfa(uow, user_id)

    async def find_refusal(self, uow: UnitOfWork, user_id: str) -> Refusal | None:
        """
        Why the user of a locked credential may not sign in now, whatever the second factor says: ACCOUNT_LOCKED,
        ACCOUNT_SUSPENDED, or INVALID_CREDENTIALS of somebody who is no registered person any more.

        It is audited, so the caller commits before it refuses.
        """
        return await self._second_factors.find_refusal(uow, user_id)

    async def count_wrong_code(self, uow: UnitOfWork, user_id: str) -> None:
        """Count a wrong code of a locked credential as a wrong password: too many lock the name."""
        await self._second_factors.count_wrong_code(uow, user_id)

    async def complete_sign_in(self, uow: UnitOfWork, user_id: str, amr: Sequence[str]) -> Tokens:
        """Open a session for a user whom :meth:`find_refusal` does not refuse, and who has shown *amr*."""
        return await self._second_factors.complete(uow, user_id, amr)

    def violations_of_registration(self, registration: Registration) -> Iterator[Violation]:
        """What is wrong with the particulars of somebody who is to be registered, by the rules of RegisterPerson."""
        return self._registrations.violations_of_registration(registration)

    async def hash_password(self, password: str) -> str:
        """
        The hash of a new password, for :meth:`register_verified_person`. It takes its time: never within a transaction.

        Raises:
            RateLimited: Too many passwords are waiting to be hashed.
        """
        return await self._registrations.hash(password)

    async def register_verified_person(
        self, uow: UnitOfWork, registration: Registration, *, password_hash: str
    ) -> Credential:
        """
        Register a person whose address is proven: no mail, no token, and all else that a registration does.

        A registration of the address that was never confirmed is replaced: the user stays, its names, password and
        preferences become those given now, and whatever opened the account before opens it no more. Whoever asks makes
        sure first that nobody came with the address by single sign-on.

        Raises:
            CredentialTaken: Somebody has registered the address and confirmed it.
            EmailTaken: Somebody registered it at the same moment, and was quicker.
        """
        registered = _credential_of(await self._verified_persons.register(uow, registration, password_hash))
        assert registered is not None
        return registered

    async def verified_addresses(self, uow: UnitOfWork, user_id: str) -> list[str]:
        """The addresses that a user has proved to own by confirming a registration: one, or none."""
        return await self._verified_persons.verified_addresses(uow, user_id)

    async def void_unconfirmed(self, uow: UnitOfWork, user_id: str) -> bool:
        """
        Take away the password and the token of a registration that was never confirmed: they may have been planted.

        Says whether there was such a registration. A confirmed one stays as it is.
        """
        return await self._verified_persons.void_unconfirmed(uow, user_id)


def defaults_of_registrations(platform: Platform) -> Defaults:
    """The time zone, the locale and the country of whoever registers and does not say."""
    settings: PasswordCredentialsSettings = platform.read_settings(PasswordCredentialsSettings)
    return Defaults(settings.default_timezone, settings.default_locale, settings.default_country_code)


def _credential_of(found: PersonCredential | None) -> Credential | None:
    if found is None:
        return None
    return Credential(
        id=found.id,
        user_id=found.user_id,
        email_address=found.email_address,
        person_name=found.name,
        is_verified=found.is_verified,
        has_password=found.password_hash is not None,
        is_mfa_enabled=found.is_mfa_enabled,
        can_mfa_be_disabled=found.mfa_can_be_disabled,
    )
