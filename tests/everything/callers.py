"""Kinds of caller, and what the access option of an operation means for each of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tenantry.access.v1 import types_pb2 as access

from tests.everything.operations import Operation
from tests.harness import Metadata

ALLOWED = "allowed"
# What access is refused with. A use case has reasons of its own.
REASONS = {
    "NOT_AUTHENTICATED",
    "TOKEN_INVALID",
    "TOKEN_EXPIRED",
    "TOKEN_REVOKED",
    "API_KEY_INVALID",
    "CREDENTIALS_AMBIGUOUS",
    "ACCOUNT_SUSPENDED",
    "NOT_A_MEMBER",
    "ROLE_REQUIRED",
    "FEATURE_REQUIRED",
    "INTERACTIVE_SESSION_REQUIRED",
    "STEP_UP_REQUIRED",
}


@dataclass(frozen=True)
class Membership:
    """What a caller may do in one organization: the highest role and the highest feature."""

    role: int
    feature: int


@dataclass(frozen=True)
class Caller:
    """Somebody with a credential, good or bad."""

    credential: Metadata | Callable[[], Metadata] = ()
    user_id: str = ""
    session_id: str = ""
    refused: str = ""
    """How the credential itself is refused, when it is."""
    is_service: bool = False
    platform_role: int = access.PLATFORM_ROLE_UNSPECIFIED
    platform_feature: int = access.FEATURE_LEVEL_UNSPECIFIED
    memberships: Mapping[str, Membership] = field(default_factory=dict)
    username: str = ""

    @property
    def metadata(self) -> Metadata:
        """What it presents. The token of a service is good for minutes only, and made for each call."""
        return self.credential() if callable(self.credential) else self.credential

    @property
    def is_anonymous(self) -> bool:
        return not self.metadata


def verdict(operation: Operation, caller: Caller, organization_id: str) -> str:
    """Whether *caller* may call *operation* for an organization: allowed, or the code and reason of the refusal."""
    option = operation.access
    if caller.refused and not option.ignores_credentials:
        return caller.refused
    if operation.is_open:
        return ALLOWED
    if caller.is_anonymous:
        return "UNAUTHENTICATED NOT_AUTHENTICATED"
    reason = _reason_of_kind(option.caller, caller)
    if not reason and not caller.is_service:
        reason = _reason_of_organization(operation, caller, organization_id) or _reason_of_platform(operation, caller)
    if not reason and operation.acts_on_an_organization and organization_id not in caller.memberships:
        reason = "NOT_A_MEMBER"
    return f"PERMISSION_DENIED {reason}" if reason else ALLOWED


def _reason_of_kind(wanted: int, caller: Caller) -> str:
    if wanted == access.CALLER_SERVICE and not caller.is_service:
        return "ROLE_REQUIRED"
    if wanted == access.CALLER_OPERATOR and caller.platform_role != access.PLATFORM_ROLE_OPERATIONS:
        return "ROLE_REQUIRED"
    if wanted == access.CALLER_SESSION and not caller.session_id:
        return "INTERACTIVE_SESSION_REQUIRED"
    return ""


def _reason_of_organization(operation: Operation, caller: Caller, organization_id: str) -> str:
    if not operation.is_tenanted:
        return ""
    membership = caller.memberships.get(organization_id)
    if membership is None:
        return "NOT_A_MEMBER"
    if membership.role < operation.access.tenant_role:
        return "ROLE_REQUIRED"
    if membership.feature < operation.access.tenant_feature:
        return "FEATURE_REQUIRED"
    return ""


def _reason_of_platform(operation: Operation, caller: Caller) -> str:
    if caller.platform_role < operation.access.platform_role:
        return "ROLE_REQUIRED"
    if caller.platform_feature < operation.access.platform_feature:
        return "FEATURE_REQUIRED"
    return ""
