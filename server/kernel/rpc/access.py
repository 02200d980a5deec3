"""Whether a caller may make a call: decided on the decoded message, before its handler runs."""

from datetime import datetime

from google.protobuf.message import Message
from tenantry.access.v1.types_pb2 import CALLER_ANYONE, CALLER_OPERATOR, CALLER_SERVICE, CALLER_SESSION

from server.kernel import ids
from server.kernel.access.caller import Caller, Credential
from server.kernel.access.roles import PlatformRole
from server.kernel.errors import (
    FeatureRequired,
    InteractiveSessionRequired,
    InvalidArgument,
    NotAMember,
    NotAuthenticated,
    RoleRequired,
    StepUpRequired,
    Violation,
)
from server.kernel.rpc.methods import Method


def organization_of(method: Method, caller: Caller, request: Message) -> str | None:
    """
    The organization that a call is for: the one the request names, else the caller's default.

    Raises:
        NotAuthenticated: Nobody is signed in.
        InvalidArgument: The request names something else, or nothing and there is no default.
    """
    if not method.is_tenanted:
        return None
    if caller.is_anonymous:
        raise NotAuthenticated
    named: str = getattr(request, method.organization_field)
    organization_id = named or caller.default_organization_id
    if not organization_id or (named and not ids.is_id("org", named)):
        violation = Violation(method.organization_field, "INVALID_ID", "must be the id of an organization")
        raise InvalidArgument(violation)
    return organization_id


def check(method: Method, caller: Caller, organization_id: str | None, now: datetime) -> None:
    """
    Let the call pass or refuse it: kind of caller, then membership, role and feature.

    Raises:
        NotAuthenticated, PermissionDenied: It is refused.
    """
    if method.caller == CALLER_ANYONE and not method.is_tenanted:
        return
    if caller.is_anonymous:
        raise NotAuthenticated
    _check_kind(method, caller, now)
    if caller.is_service:
        return
    principal = caller.principal
    if principal is None:
        raise NotAuthenticated
    if organization_id is not None:
        _check_membership(method, caller, organization_id)
    if method.platform_role is not None and method.platform_role not in principal.platform_roles:
        raise RoleRequired(role=method.platform_role.value)
    if method.platform_feature is not None and method.platform_feature not in principal.platform_features:
        raise FeatureRequired(feature=f"platform_{method.platform_feature.value}")


def _check_kind(method: Method, caller: Caller, now: datetime) -> None:
    if method.caller == CALLER_SERVICE and not caller.is_service:
        raise RoleRequired(role=PlatformRole.INTERNAL_SERVICE.value)
    if method.caller == CALLER_OPERATOR and (
        caller.principal is None or PlatformRole.OPERATIONS not in caller.principal.platform_roles
    ):
        raise RoleRequired(role=PlatformRole.OPERATIONS.value)
    if method.caller == CALLER_SESSION and caller.credential is not Credential.ACCESS_TOKEN:
        raise InteractiveSessionRequired
    if method.sign_in_max_age_seconds and (
        caller.auth_time is None or (now - caller.auth_time).total_seconds() > method.sign_in_max_age_seconds
    ):
        raise StepUpRequired(max_age_seconds=str(method.sign_in_max_age_seconds))


def _check_membership(method: Method, caller: Caller, organization_id: str) -> None:
    membership = caller.membership(organization_id)
    if membership is None:
        raise NotAMember
    if method.tenant_role not in membership.roles:
        raise RoleRequired(role=str(method.tenant_role))
    if method.tenant_feature is not None and method.tenant_feature not in membership.features:
        raise FeatureRequired(feature=f"tenant_{method.tenant_feature.value}")
