"""What others may learn of password credentials. Never a password, a hash or a token."""

from dataclasses import dataclass
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialCreated(DomainEvent):
    """A person can have a password."""

    name: ClassVar[str] = "password_credentials.person_credential_created.v1"

    credential_id: str
    user_id: str
    is_mfa_enabled: bool = False
    mfa_can_be_disabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialCredentialsChanged(DomainEvent):
    """The person has a new password, or none any more."""

    name: ClassVar[str] = "password_credentials.person_credential_credentials_changed.v1"

    credential_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialRegistrationChanged(DomainEvent):
    """The person registered with this name and address."""

    name: ClassVar[str] = "password_credentials.person_credential_registration_changed.v1"

    credential_id: str
    user_id: str
    email_address: str
    person_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialRegistrationVerificationCreated(DomainEvent):
    """The person was asked to confirm the registration."""

    name: ClassVar[str] = "password_credentials.person_credential_registration_verification_created.v1"

    credential_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialRegistrationVerificationVerified(DomainEvent):
    """The person has confirmed the registration."""

    name: ClassVar[str] = "password_credentials.person_credential_registration_verification_verified.v1"

    credential_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialPasswordVerified(DomainEvent):
    """Somebody tried to sign in with the password."""

    name: ClassVar[str] = "password_credentials.person_credential_password_verified.v1"

    credential_id: str
    user_id: str
    is_verified: bool
    audit_attempt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialAccountLocked(DomainEvent):
    """Too many passwords were wrong: nobody can sign in for a while."""

    name: ClassVar[str] = "password_credentials.person_credential_account_locked.v1"

    credential_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialAccountUnlocked(DomainEvent):
    """The person can sign in again."""

    name: ClassVar[str] = "password_credentials.person_credential_account_unlocked.v1"

    credential_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialPasswordResetInitiated(DomainEvent):
    """The person asked for a new password."""

    name: ClassVar[str] = "password_credentials.person_credential_password_reset_initiated.v1"

    credential_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialPasswordResetCompleted(DomainEvent):
    """The person has set a new password in place of a forgotten one."""

    name: ClassVar[str] = "password_credentials.person_credential_password_reset_completed.v1"

    credential_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialMfaOptionsChanged(DomainEvent):
    """Signing in asks for a second factor from now on, or no more."""

    name: ClassVar[str] = "password_credentials.person_credential_mfa_options_changed.v1"

    credential_id: str
    user_id: str
    is_enabled: bool
    can_be_disabled: bool
