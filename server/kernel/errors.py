"""
Why a request is refused: nine kinds, of which a subdomain makes its own.

A refusal is an expected answer, not a bug: it names a reason that clients can branch on, and nothing has changed.
Only :mod:`server.kernel.rpc.errors` knows how each kind looks on the wire.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Violation:
    """One request field that breaks its rule."""

    field: str
    reason: str
    description: str


class Refusal(Exception):
    """A request that is refused. Facts in *metadata* reach the client: never a secret."""

    reason: ClassVar[str] = ""
    message: ClassVar[str] = "The request is refused."

    def __init__(self, message: str = "", /, **metadata: str) -> None:
        super().__init__(message or self.message)
        self.metadata = metadata


class InvalidArgument(Refusal):
    """The request breaks rules of its fields, whatever the state of things."""

    reason = "VALIDATION_FAILED"
    message = "The request is not valid."

    def __init__(self, *violations: Violation, message: str = "") -> None:
        super().__init__(message or "; ".join(f"{v.field}: {v.description}" for v in violations))
        self.violations: Sequence[Violation] = violations


class NotFound(Refusal):
    """What the request names does not exist, or is another organization's."""


class AlreadyExists(Refusal):
    """What the request would make exists."""


class FailedPrecondition(Refusal):
    """The state of things does not allow it."""


class Aborted(Refusal):
    """A race was lost. The caller may read again and retry."""


class PermissionDenied(Refusal):
    """The caller is known, and may not."""


class Unauthenticated(Refusal):
    """There is no credential, or a bad one."""


class ResourceExhausted(Refusal):
    """A limit is reached."""

    def __init__(self, message: str = "", /, retry_after: float = 1.0, **metadata: str) -> None:
        super().__init__(message, **metadata)
        self.retry_after = retry_after


class Unavailable(Refusal):
    """An outside party is away. The same request may work in a moment."""


class ConcurrentModification(Aborted):
    """Somebody saved the same thing after it was loaded."""

    reason = "CONCURRENT_MODIFICATION"
    message = "It was changed by somebody else meanwhile. Read it again and retry."


class RateLimited(ResourceExhausted):
    """Too many calls."""

    reason = "RATE_LIMITED"
    message = "Too many calls. Try again later."


class NotAuthenticated(Unauthenticated):
    """A credential is needed."""

    reason = "NOT_AUTHENTICATED"
    message = "Sign in first."


class NotAMember(PermissionDenied):
    """The caller is not a member of the organization, which may not even exist."""

    reason = "NOT_A_MEMBER"
    message = "You are not a member of this organization."


class RoleRequired(PermissionDenied):
    """The caller lacks a role."""

    reason = "ROLE_REQUIRED"
    message = "You lack a role that this call needs."


class FeatureRequired(PermissionDenied):
    """What the caller has paid for does not include it."""

    reason = "FEATURE_REQUIRED"
    message = "Your plan does not include this call."


class InteractiveSessionRequired(PermissionDenied):
    """Only a person in a session of their own may."""

    reason = "INTERACTIVE_SESSION_REQUIRED"
    message = "This call needs a session of a person who signed in."


class StepUpRequired(PermissionDenied):
    """The sign-in is too long ago."""

    reason = "STEP_UP_REQUIRED"
    message = "Sign in again for this call."


class AccountSuspended(FailedPrecondition):
    """The caller's account is suspended."""

    reason = "ACCOUNT_SUSPENDED"
    message = "The account is suspended."


class RequestIdReused(FailedPrecondition):
    """The request_id was used with another body."""

    reason = "REQUEST_ID_REUSED"
    message = "This request_id was used for another request."


class StoreUnavailable(Unavailable):
    """The database is away."""

    reason = "STORE_UNAVAILABLE"
    message = "The database is not available. Try again in a moment."
