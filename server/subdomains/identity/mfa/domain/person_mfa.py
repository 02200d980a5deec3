"""The second factors of one person, and a sign-in that waits for one of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from server.kernel.events import DomainEvent
from server.subdomains.identity.mfa.domain.authenticator import (
    AuthenticatorState,
    AuthenticatorType,
    GivenCode,
    MfaAuthenticator,
    SentCode,
)
from server.subdomains.identity.mfa.domain.pending import PendingSignIn
from server.subdomains.identity.mfa.errors import (
    MfaAlreadyAssociated,
    MfaAuthenticatorNotFound,
    MfaMustChallenge,
    MfaNotAssociated,
    MfaNotConfirmed,
    MfaRecoveryCodesNotRemovable,
)
from server.subdomains.identity.mfa.events import (
    AuthenticatorEvent,
    PersonCredentialMfaAuthenticationInitiated,
    PersonCredentialMfaAuthenticatorAdded,
    PersonCredentialMfaAuthenticatorAssociated,
    PersonCredentialMfaAuthenticatorChallenged,
    PersonCredentialMfaAuthenticatorConfirmed,
    PersonCredentialMfaAuthenticatorRemoved,
    PersonCredentialMfaAuthenticatorVerified,
    PersonCredentialMfaStateReset,
)

_MOST_WRONG_CODES = 5


@dataclass(slots=True, kw_only=True)
class PersonMfa:
    """The aggregate, found by the id of the credential that it belongs to. Everybody has one, at first an empty one."""

    aggregate_type: ClassVar[str] = "PersonCredentialMfa"

    id: str
    user_id: str
    pending: PendingSignIn | None = None
    authenticators: list[MfaAuthenticator] = field(default_factory=list)  # in the order of being added
    changed: dict[str, MfaAuthenticator] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    # A sign-in ------------------------------------------------------------------------------------------------------

    def begin_sign_in(self, token_digest: bytes, now: datetime) -> None:
        """Wait for a second factor from whoever shows this token. An earlier one is no longer good."""
        self.pending = PendingSignIn.begin(token_digest, now)
        self.events.append(PersonCredentialMfaAuthenticationInitiated(credential_id=self.id, user_id=self.user_id))

    def end_sign_in(self) -> None:
        """Let the token be good for nothing any more."""
        self.pending = None

    def count_wrong_answer(self) -> None:
        """Whoever has the token gave a wrong code or handle. Too many, and it is no longer good."""
        if self.pending is not None and self.pending.count_wrong_answer():
            self.end_sign_in()

    # Authenticators -------------------------------------------------------------------------------------------------

    @property
    def has_confirmed(self) -> bool:
        """Whether there is something to sign in with. Recovery codes alone do not count."""
        return any(each.is_active for each in self._others())

    def find(self, kind: AuthenticatorType) -> MfaAuthenticator | None:
        """The authenticator of a type."""
        return next((each for each in self.authenticators if each.type is kind), None)

    def get(self, authenticator_id: str) -> MfaAuthenticator:
        """
        An authenticator by its id.

        Raises:
            MfaAuthenticatorNotFound: The person has no such one.
        """
        found = next((each for each in self.authenticators if each.id == authenticator_id), None)
        if found is None:
            raise MfaAuthenticatorNotFound
        return found

    def begin_association(
        self, kind: AuthenticatorType, *, is_signed_in: bool, new_id: Callable[[str], str], now: datetime
    ) -> MfaAuthenticator:
        """
        The authenticator of a type that is to be associated, a new one if need be. The first brings recovery codes.

        Raises:
            MfaMustChallenge: There is something to sign in with, and whoever asks has not done so.
            MfaAlreadyAssociated: It is confirmed.
        """
        if self.has_confirmed and not is_signed_in:
            raise MfaMustChallenge
        found = self.find(kind)
        if found is not None and found.is_active:
            raise MfaAlreadyAssociated
        if not self.authenticators:
            self._add(AuthenticatorType.RECOVERY_CODES, AuthenticatorState.CONFIRMED, new_id, now)
        return found or self._add(kind, AuthenticatorState.CREATED, new_id, now)

    def associate_totp(self, authenticator: MfaAuthenticator, sealed_secret: bytes) -> None:
        """Let an app have this secret, instead of any before."""
        authenticator.sealed_totp_secret, authenticator.last_step = sealed_secret, None
        self._associate(authenticator)

    def associate_oob(self, authenticator: MfaAuthenticator, sealed_channel: bytes, sent_code: SentCode) -> None:
        """Send codes to this number or address, beginning with this code."""
        authenticator.sealed_channel, authenticator.sent_code = sealed_channel, sent_code
        self._associate(authenticator)

    def find_replaceable_recovery_codes(self) -> MfaAuthenticator | None:
        """The recovery codes, while nobody can rely on them: the one other authenticator is not confirmed."""
        others = self._others()
        is_beginning = len(others) == 1 and not others[0].is_active
        return self.find(AuthenticatorType.RECOVERY_CODES) if is_beginning else None

    def renew_recovery_codes(self, recovery: MfaAuthenticator, digests: Sequence[bytes]) -> None:
        """Take these codes instead of any before."""
        recovery.recovery_digests = list(digests)
        self._note(PersonCredentialMfaAuthenticatorAssociated, recovery)

    def find_unconfirmed(self, kind: AuthenticatorType) -> MfaAuthenticator:
        """
        The authenticator of a type that waits to be confirmed.

        Raises:
            MfaNotAssociated: There is none.
        """
        found = self.find(kind)
        if found is None or found.state is not AuthenticatorState.ASSOCIATED:
            raise MfaNotAssociated
        return found

    def confirm(self, authenticator: MfaAuthenticator, given: GivenCode, now: datetime) -> bool:
        """Take a code as proof that the person holds the authenticator; say whether it was good."""
        is_good = authenticator.accept(given, now)
        if is_good:
            authenticator.state, authenticator.wrong_codes = AuthenticatorState.CONFIRMED, 0
            self._note(PersonCredentialMfaAuthenticatorConfirmed, authenticator)
        return is_good

    def count_wrong_code(self, authenticator: MfaAuthenticator) -> None:
        """A signed-in person could not confirm an authenticator. Too often, and it has to be associated again."""
        authenticator.wrong_codes += 1
        if authenticator.wrong_codes >= _MOST_WRONG_CODES:
            authenticator.void()
        self.changed[authenticator.id] = authenticator

    def challenge(self, authenticator: MfaAuthenticator, sent_code: SentCode) -> None:
        """Expect the code that was sent just now. An earlier one is no longer good."""
        authenticator.sent_code, authenticator.state = sent_code, AuthenticatorState.CHALLENGED
        self._note(PersonCredentialMfaAuthenticatorChallenged, authenticator)

    def find_to_sign_in_with(self, kind: AuthenticatorType) -> MfaAuthenticator:
        """
        The authenticator of a type, if somebody can sign in with it.

        Raises:
            MfaNotAssociated: There is none.
            MfaNotConfirmed: It is not confirmed; for recovery codes, nothing else is.
        """
        found = self.find(kind)
        if found is None:
            raise MfaNotAssociated
        if not found.is_active or not self.has_confirmed:
            raise MfaNotConfirmed
        return found

    def verify(self, authenticator: MfaAuthenticator, given: GivenCode, now: datetime) -> bool:
        """Take a code as the second factor of the sign-in; say whether it was good."""
        is_good = authenticator.accept(given, now)
        if is_good:
            authenticator.state = AuthenticatorState.VERIFIED
            self._note(PersonCredentialMfaAuthenticatorVerified, authenticator)
        return is_good

    def remove(self, authenticator: MfaAuthenticator) -> None:
        """
        Do without an authenticator. Recovery codes go with the last of the others.

        Raises:
            MfaRecoveryCodesNotRemovable: It is the recovery codes.
        """
        if authenticator.type is AuthenticatorType.RECOVERY_CODES:
            raise MfaRecoveryCodesNotRemovable
        self._remove(authenticator)
        if not self._others():
            self.remove_all()

    def remove_all(self) -> None:
        """Do without all of them, recovery codes last."""
        for each in sorted(self.authenticators, key=lambda each: each.type is AuthenticatorType.RECOVERY_CODES):
            self._remove(each)

    def reset(self) -> None:
        """Begin anew, as operators wish."""
        self.remove_all()
        self.end_sign_in()
        self.events.append(PersonCredentialMfaStateReset(credential_id=self.id, user_id=self.user_id))

    def _others(self) -> list[MfaAuthenticator]:
        return [each for each in self.authenticators if each.type is not AuthenticatorType.RECOVERY_CODES]

    def _add(
        self, kind: AuthenticatorType, state: AuthenticatorState, new_id: Callable[[str], str], now: datetime
    ) -> MfaAuthenticator:
        added = MfaAuthenticator(id=new_id("mfaauth"), type=kind, state=state, created_at=now)
        self.authenticators.append(added)
        self.changed[added.id] = added
        self.events.append(
            PersonCredentialMfaAuthenticatorAdded(
                credential_id=self.id,
                user_id=self.user_id,
                authenticator_id=added.id,
                authenticator_type=kind.value,
                is_active=added.is_active,
            )
        )
        return added

    def _associate(self, authenticator: MfaAuthenticator) -> None:
        authenticator.state, authenticator.wrong_codes = AuthenticatorState.ASSOCIATED, 0
        self._note(PersonCredentialMfaAuthenticatorAssociated, authenticator)

    def _remove(self, authenticator: MfaAuthenticator) -> None:
        self._note(PersonCredentialMfaAuthenticatorRemoved, authenticator)
        self.authenticators.remove(authenticator)
        del self.changed[authenticator.id]
        self.removed.append(authenticator.id)

    def _note(self, event: type[AuthenticatorEvent], authenticator: MfaAuthenticator) -> None:
        self.changed[authenticator.id] = authenticator
        self.events.append(
            event(
                credential_id=self.id,
                user_id=self.user_id,
                authenticator_id=authenticator.id,
                authenticator_type=authenticator.type.value,
            )
        )
