"""UsersService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator

from tenantry.users.v1 import end_user_pb2, membership_pb2, users_service_pb2, users_service_pb2_grpc

from server.kernel.access.caller import current_call
from server.kernel.access.roles import expand
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.access_enums import CLASSIFICATIONS, FEATURES, OWNERSHIPS, PLATFORM_ROLES, TENANT_ROLES
from server.kernel.rpc.context import Context
from server.kernel.rpc.times import to_timestamp
from server.subdomains.users.application.access import AccessApplication
from server.subdomains.users.application.users import MEMBERSHIP_ORDERING, UsersApplication
from server.subdomains.users.domain.end_user import EndUser, UserAccess, UserStatus
from server.subdomains.users.domain.membership import Membership

_ACCESSES = {
    UserAccess.ENABLED: end_user_pb2.USER_ACCESS_ENABLED,
    UserAccess.SUSPENDED: end_user_pb2.USER_ACCESS_SUSPENDED,
}
_STATUSES = {
    UserStatus.UNREGISTERED: end_user_pb2.USER_STATUS_UNREGISTERED,
    UserStatus.REGISTERED: end_user_pb2.USER_STATUS_REGISTERED,
}
_OWNERSHIP_OF = {number: ownership for ownership, number in OWNERSHIPS.items()}


class UsersServicer(users_service_pb2_grpc.UsersServiceServicer):
    """Answers UsersService."""

    def __init__(self, application: UsersApplication, access: AccessApplication, lists: Lists) -> None:
        self._users = application
        self._access = access
        self._lists = lists

    async def GetUser(
        self, request: users_service_pb2.GetUserRequest, context: Context
    ) -> users_service_pb2.GetUserResponse:
        user = await self._users.get_user(request.id)
        return users_service_pb2.GetUserResponse(user=_to_proto_with_memberships(user))

    async def SuspendUser(
        self, request: users_service_pb2.SuspendUserRequest, context: Context
    ) -> users_service_pb2.SuspendUserResponse:
        caller_id = current_call().caller.user_id
        user = await self._access.suspend_user(user_id=request.id, suspended_by_id=caller_id)
        return users_service_pb2.SuspendUserResponse(user=_to_proto(user))

    async def ReinstateUser(
        self, request: users_service_pb2.ReinstateUserRequest, context: Context
    ) -> users_service_pb2.ReinstateUserResponse:
        caller_id = current_call().caller.user_id
        user = await self._access.reinstate_user(user_id=request.id, reinstated_by_id=caller_id)
        return users_service_pb2.ReinstateUserResponse(user=_to_proto(user))

    def check_ListMembershipsForCaller(
        self, request: users_service_pb2.ListMembershipsForCallerRequest
    ) -> Iterator[Violation]:
        return self._lists.violations(request, MEMBERSHIP_ORDERING)

    async def ListMembershipsForCaller(
        self, request: users_service_pb2.ListMembershipsForCallerRequest, context: Context
    ) -> users_service_pb2.ListMembershipsForCallerResponse:
        found = await self._users.list_memberships(
            user_id=current_call().caller.user_id,
            ownership=_OWNERSHIP_OF.get(request.ownership),
            page=self._lists.page(request, MEMBERSHIP_ORDERING),
        )
        return users_service_pb2.ListMembershipsForCallerResponse(
            memberships=[_membership_to_proto(membership) for membership in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    async def ChangeDefaultOrganization(
        self, request: users_service_pb2.ChangeDefaultOrganizationRequest, context: Context
    ) -> users_service_pb2.ChangeDefaultOrganizationResponse:
        user = await self._users.change_default_organization(
            user_id=current_call().caller.user_id, organization_id=request.organization_id
        )
        return users_service_pb2.ChangeDefaultOrganizationResponse(user=_to_proto(user))


def _to_proto(user: EndUser) -> end_user_pb2.EndUser:
    return end_user_pb2.EndUser(
        id=user.id,
        access=_ACCESSES[user.access],
        status=_STATUSES[user.status],
        classification=CLASSIFICATIONS[user.classification],
        roles=[PLATFORM_ROLES[role] for role in expand(user.roles)],
        features=[FEATURES[level] for level in user.features],
    )


def _to_proto_with_memberships(user: EndUser) -> end_user_pb2.EndUserWithMemberships:
    return end_user_pb2.EndUserWithMemberships(
        id=user.id,
        access=_ACCESSES[user.access],
        status=_STATUSES[user.status],
        classification=CLASSIFICATIONS[user.classification],
        roles=[PLATFORM_ROLES[role] for role in expand(user.roles)],
        features=[FEATURES[level] for level in user.features],
        memberships=[_membership_to_proto(membership) for membership in user.memberships],
    )


def _membership_to_proto(membership: Membership) -> membership_pb2.Membership:
    return membership_pb2.Membership(
        id=membership.id,
        user_id=membership.user_id,
        organization_id=membership.organization_id,
        ownership=OWNERSHIPS[membership.ownership],
        is_default=membership.is_default,
        roles=[TENANT_ROLES[role] for role in expand(membership.roles)],
        features=[FEATURES[level] for level in membership.features],
        created_at=to_timestamp(membership.created_at),
    )
