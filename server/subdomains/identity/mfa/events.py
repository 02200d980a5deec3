"""What others may learn of second factors. Never a token, a code, a secret, or where codes are sent."""

from dataclasses import dataclass
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialMfaAuthenticationInitiated(DomainEvent):
    """The password was right, and a second factor is to follow."""

    name: ClassVar[str] = "mfa.person_credential_mfa_authentication_initiated.v1"

    credential_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialMfaStateReset(DomainEvent):
    """Operators have taken the second factors of the person away."""

    name: ClassVar[str] = "mfa.person_credential_mfa_state_reset.v1"

    credential_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatorEvent(DomainEvent):
    """What events of one authenticator have in common."""

    credential_id: str
    user_id: str
    authenticator_id: str
    authenticator_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialMfaAuthenticatorAdded(AuthenticatorEvent):
    """The person has one more authenticator. Recovery codes are active at once."""

    name: ClassVar[str] = "mfa.person_credential_mfa_authenticator_added.v1"

    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialMfaAuthenticatorAssociated(AuthenticatorEvent):
    """The authenticator waits to be confirmed by a code. Of recovery codes: there are new ones."""

    name: ClassVar[str] = "mfa.person_credential_mfa_authenticator_associated.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialMfaAuthenticatorConfirmed(AuthenticatorEvent):
    """The person has shown to hold the authenticator, which is active from now on."""

    name: ClassVar[str] = "mfa.person_credential_mfa_authenticator_confirmed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialMfaAuthenticatorChallenged(AuthenticatorEvent):
    """A code was sent to be signed in with."""

    name: ClassVar[str] = "mfa.person_credential_mfa_authenticator_challenged.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialMfaAuthenticatorVerified(AuthenticatorEvent):
    """The person has signed in with the authenticator."""

    name: ClassVar[str] = "mfa.person_credential_mfa_authenticator_verified.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCredentialMfaAuthenticatorRemoved(AuthenticatorEvent):
    """The authenticator is gone."""

    name: ClassVar[str] = "mfa.person_credential_mfa_authenticator_removed.v1"
