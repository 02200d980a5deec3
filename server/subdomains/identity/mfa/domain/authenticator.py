"""An authenticator: by what a person proves, besides the password, who it is."""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

_CODE_LIFETIME = timedelta(minutes=10)


class AuthenticatorType(StrEnum):
    """The kinds of authenticator."""

    RECOVERY_CODES = "recovery_codes"
    OOB_SMS = "oob_sms"
    OOB_EMAIL = "oob_email"
    TOTP = "totp"

    @property
    def is_oob(self) -> bool:
        """Whether its codes are sent, out of band."""
        return self in (AuthenticatorType.OOB_SMS, AuthenticatorType.OOB_EMAIL)

    @property
    def amr(self) -> str:
        """What access tokens call it (RFC 8176)."""
        return _AMR[self]


_AMR = {
    AuthenticatorType.RECOVERY_CODES: "recovery",
    AuthenticatorType.OOB_SMS: "sms",
    AuthenticatorType.OOB_EMAIL: "email",
    AuthenticatorType.TOTP: "otp",
}


class AuthenticatorState(StrEnum):
    """How far an authenticator has come. From ``CONFIRMED`` on it can be used to sign in."""

    CREATED = "created"
    ASSOCIATED = "associated"
    CONFIRMED = "confirmed"
    CHALLENGED = "challenged"
    VERIFIED = "verified"


_UNCONFIRMED = (AuthenticatorState.CREATED, AuthenticatorState.ASSOCIATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCode:
    """A code that somebody gave, as far as one may know of it: never the code itself."""

    is_of: Callable[[bytes], bool]  # whether a keyed digest is that of this code
    steps: Sequence[int] = ()  # the time steps at which the app shows it
    handle_digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class SentCode:
    """A code that was sent: a keyed digest of it, and the digest of the handle that the client got meanwhile."""

    digest: bytes
    handle_digest: bytes
    expires_at: datetime

    @classmethod
    def sent(cls, digest: bytes, handle_digest: bytes, now: datetime) -> "SentCode":
        """One that is sent now."""
        return cls(digest, handle_digest, now + _CODE_LIFETIME)

    def is_met_by(self, given: GivenCode, now: datetime) -> bool:
        """Whether a code is this one, and comes in time, and from whoever asked for it."""
        is_asker = given.handle_digest is not None and hmac.compare_digest(self.handle_digest, given.handle_digest)
        return given.is_of(self.digest) and is_asker and now < self.expires_at


@dataclass(slots=True, kw_only=True)
class MfaAuthenticator:
    """One of a person's authenticators. :class:`PersonMfa` changes it, and says so."""

    id: str
    type: AuthenticatorType
    state: AuthenticatorState
    created_at: datetime
    sealed_channel: bytes | None = None  # where codes are sent: a number, an address
    sent_code: SentCode | None = None
    sealed_totp_secret: bytes | None = None
    last_step: int | None = None  # of the last TOTP code that was accepted
    recovery_digests: list[bytes] = field(default_factory=list)  # of codes that are not used
    wrong_codes: int = 0  # that a signed-in person gave to confirm it

    @property
    def is_active(self) -> bool:
        """Whether it can be used to sign in."""
        return self.state not in _UNCONFIRMED

    def accept(self, given: GivenCode, now: datetime) -> bool:
        """Use a code up and say whether it was good. A wrong one leaves everything as it is."""
        if self.type is AuthenticatorType.TOTP:
            return self._accept_totp(given)
        if self.type is AuthenticatorType.RECOVERY_CODES:
            left = [digest for digest in self.recovery_digests if not given.is_of(digest)]
            is_good = len(left) < len(self.recovery_digests)
            self.recovery_digests = left
            return is_good
        if self.sent_code is None or not self.sent_code.is_met_by(given, now):
            return False
        self.sent_code = None
        return True

    def void(self) -> None:
        """Go back to where an association begins."""
        self.state = AuthenticatorState.CREATED
        self.sealed_channel, self.sent_code, self.sealed_totp_secret, self.last_step = None, None, None, None

    def _accept_totp(self, given: GivenCode) -> bool:
        later = [step for step in given.steps if self.last_step is None or step > self.last_step]
        # The last, should a code be that of several steps: it is good once.
        self.last_step = max(later, default=self.last_step)
        return bool(later)
