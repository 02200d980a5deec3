"""The credential of a person: a password, and the address it was registered with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from server.kernel.events import DomainEvent
from server.subdomains.identity.password_credentials.errors import (
    MfaCannotBeDisabled,
    RegistrationAlreadyVerified,
    RegistrationTokenExpired,
    ResetTokenExpired,
)
from server.subdomains.identity.password_credentials.events import (
    PersonCredentialAccountLocked,
    PersonCredentialAccountUnlocked,
    PersonCredentialCreated,
    PersonCredentialCredentialsChanged,
    PersonCredentialMfaOptionsChanged,
    PersonCredentialPasswordResetCompleted,
    PersonCredentialPasswordResetInitiated,
    PersonCredentialPasswordVerified,
    PersonCredentialRegistrationChanged,
    PersonCredentialRegistrationVerificationCreated,
    PersonCredentialRegistrationVerificationVerified,
)

PROVIDER = "credentials"  # what sessions say they were opened with
_CONFIRMATION_LIFETIME = timedelta(hours=24)
_RESET_LIFETIME = timedelta(hours=2)
_HASH_OF_NOBODY = "-" * 97  # as long as a real one


@dataclass(slots=True, kw_only=True)
class PersonCredential:
    """The aggregate. Made by :meth:`register`, or by the repository from its row."""

    aggregate_type: ClassVar[str] = "PersonCredential"

    id: str
    user_id: str
    email_address: str
    name: str
    password_hash: str | None = field(repr=False)
    created_at: datetime
    verification_token_digest: bytes | None = None
    verification_expires_at: datetime | None = None
    verified_at: datetime | None = None
    reset_token_digest: bytes | None = None
    reset_expires_at: datetime | None = None
    is_locked: bool = False
    is_mfa_enabled: bool = False
    mfa_can_be_disabled: bool = True
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def register(
        cls,
        *,
        credential_id: str,
        user_id: str,
        email_address: str,
        name: str,
        password_hash: str | None,
        now: datetime,
    ) -> "PersonCredential":
        """Begin a credential. Without a hash it has no password yet, and nobody can sign in with it."""
        credential = cls(
            id=credential_id,
            user_id=user_id,
            email_address=email_address,
            name=name,
            password_hash=password_hash,
            created_at=now,
        )
        credential.events.append(PersonCredentialCreated(credential_id=credential_id, user_id=user_id))
        if password_hash is not None:
            credential._credentials_changed()
        credential.events.append(
            PersonCredentialRegistrationChanged(
                credential_id=credential_id, user_id=user_id, email_address=email_address, person_name=name
            )
        )
        return credential

    @classmethod
    def of_nobody(cls, credential_id: str, user_id: str, now: datetime) -> "PersonCredential":
        """Stand in for the credential that an unknown name has not, so that attempts with it take equal work."""
        return cls(
            id=credential_id,
            user_id=user_id,
            email_address=f"{credential_id}@nobody.invalid",
            name="Nobody",
            password_hash=_HASH_OF_NOBODY,
            created_at=now,
        )

    @property
    def is_verified(self) -> bool:
        """Whether the registration is confirmed."""
        return self.verified_at is not None

    def await_verification(self, token_digest: bytes, now: datetime) -> None:
        """
        Expect the owner of the address to show this token. An earlier one is no longer good.

        Raises:
            RegistrationAlreadyVerified: There is nothing to confirm any more.
        """
        if self.is_verified:
            raise RegistrationAlreadyVerified
        self.verification_token_digest = token_digest
        self.verification_expires_at = now + _CONFIRMATION_LIFETIME
        self.events.append(PersonCredentialRegistrationVerificationCreated(credential_id=self.id, user_id=self.user_id))

    def verify(self, now: datetime) -> None:
        """
        Take the token, which was shown, as proof that the address is the person's. It is used up.

        Raises:
            RegistrationTokenExpired: It came too late.
        """
        if self.verification_expires_at is None or now >= self.verification_expires_at:
            raise RegistrationTokenExpired
        self.vouch(now)

    def vouch(self, now: datetime) -> None:
        """Take it as proven that the address is the person's: somebody else has seen to it."""
        self.verified_at = now
        self.verification_token_digest, self.verification_expires_at = None, None
        self.events.append(
            PersonCredentialRegistrationVerificationVerified(credential_id=self.id, user_id=self.user_id)
        )

    def replace_registration(self, *, name: str, password_hash: str, now: datetime) -> None:
        """
        Let the owner of the address take the place of whoever registered it and never confirmed it.

        Raises:
            RegistrationAlreadyVerified: It was the owner.
        """
        if self.is_verified:
            raise RegistrationAlreadyVerified
        self.name, self.password_hash = name, password_hash
        self._credentials_changed()
        self.events.append(
            PersonCredentialRegistrationChanged(
                credential_id=self.id, user_id=self.user_id, email_address=self.email_address, person_name=name
            )
        )
        self.vouch(now)

    def void(self) -> None:
        """Take away the password and the token of a registration that nobody has confirmed: they may be planted."""
        if self.is_verified:
            return
        had_any = self.password_hash is not None or self.verification_token_digest is not None
        self.password_hash, self.verification_token_digest, self.verification_expires_at = None, None, None
        if had_any:
            self._credentials_changed()

    def initiate_password_reset(self, token_digest: bytes, now: datetime) -> None:
        """Let whoever shows this token set a password. An earlier one is no longer good."""
        self.reset_token_digest, self.reset_expires_at = token_digest, now + _RESET_LIFETIME
        self.events.append(PersonCredentialPasswordResetInitiated(credential_id=self.id, user_id=self.user_id))

    def check_password_reset(self, now: datetime) -> None:
        """
        Look whether the token of the reset, which was shown, still lets somebody set a password.

        Raises:
            ResetTokenExpired: It came too late.
        """
        if self.reset_expires_at is None or now >= self.reset_expires_at:
            raise ResetTokenExpired

    def complete_password_reset(self, password_hash: str) -> None:
        """Take the new password. The token is used up, and nobody is locked out any more."""
        self.password_hash = password_hash
        self.reset_token_digest, self.reset_expires_at = None, None
        self.events.append(PersonCredentialPasswordResetCompleted(credential_id=self.id, user_id=self.user_id))
        self.unlock()

    def accept_password(self) -> None:
        """Somebody gave the right password."""
        self._note_attempt(is_verified=True)
        self.unlock()

    def refuse_password(self, *, locks: bool) -> None:
        """Somebody gave a wrong password, and that may have been one too many."""
        self._note_attempt(is_verified=False)
        self.unlock()
        if locks:
            self.lock()

    def unlock(self) -> None:
        """Somebody tries again after the lock, if there was one, has run out: before that nothing is looked at."""
        if self.is_locked:
            self.is_locked = False
            self.events.append(PersonCredentialAccountUnlocked(credential_id=self.id, user_id=self.user_id))

    def lock(self) -> None:
        """Too many wrong passwords were given."""
        if not self.is_locked:
            self.is_locked = True
            self.events.append(PersonCredentialAccountLocked(credential_id=self.id, user_id=self.user_id))

    def change_mfa(self, *, is_enabled: bool) -> None:
        """
        Let signing in ask for a second factor, or no more.

        Raises:
            MfaCannotBeDisabled: It has to go on asking.
        """
        if is_enabled == self.is_mfa_enabled:
            return
        if not is_enabled and not self.mfa_can_be_disabled:
            raise MfaCannotBeDisabled
        self._set_mfa(is_enabled=is_enabled, can_be_disabled=self.mfa_can_be_disabled)

    def reset_mfa(self) -> None:
        """Bring the options about second factors back to what they are at first."""
        if self.is_mfa_enabled or not self.mfa_can_be_disabled:
            self._set_mfa(is_enabled=False, can_be_disabled=True)

    def rehash(self, password_hash: str) -> None:
        """Keep the same password with today's parameters."""
        self.password_hash = password_hash

    def _set_mfa(self, *, is_enabled: bool, can_be_disabled: bool) -> None:
        self.is_mfa_enabled, self.mfa_can_be_disabled = is_enabled, can_be_disabled
        self.events.append(
            PersonCredentialMfaOptionsChanged(
                credential_id=self.id, user_id=self.user_id, is_enabled=is_enabled, can_be_disabled=can_be_disabled
            )
        )

    def _credentials_changed(self) -> None:
        self.events.append(PersonCredentialCredentialsChanged(credential_id=self.id, user_id=self.user_id))

    def _note_attempt(self, *, is_verified: bool) -> None:
        self.events.append(
            PersonCredentialPasswordVerified(
                credential_id=self.id, user_id=self.user_id, is_verified=is_verified, audit_attempt=True
            )
        )
