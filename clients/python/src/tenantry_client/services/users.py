"""UsersService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.users.v1 import users_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

GET_USER = Method(
    "/tenantry.users.v1.UsersService/GetUser",
    pb.GetUserRequest,
    pb.GetUserResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
SUSPEND_USER = Method(
    "/tenantry.users.v1.UsersService/SuspendUser",
    pb.SuspendUserRequest,
    pb.SuspendUserResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
REINSTATE_USER = Method(
    "/tenantry.users.v1.UsersService/ReinstateUser",
    pb.ReinstateUserRequest,
    pb.ReinstateUserResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
LIST_MEMBERSHIPS_FOR_CALLER = Method(
    "/tenantry.users.v1.UsersService/ListMembershipsForCaller",
    pb.ListMembershipsForCallerRequest,
    pb.ListMembershipsForCallerResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
CHANGE_DEFAULT_ORGANIZATION = Method(
    "/tenantry.users.v1.UsersService/ChangeDefaultOrganization",
    pb.ChangeDefaultOrganizationRequest,
    pb.ChangeDefaultOrganizationResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)


class UsersService:
    """The end users of the platform, persons and machines, and the organizations they belong to."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def GetUser(self, request: pb.GetUserRequest, *, timeout: float | None = None) -> pb.GetUserResponse:
        """
        Returns one user, guests included. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, USER_NOT_FOUND: there is no such user.
        """
        return await self._call(GET_USER, request, timeout=timeout)

    async def SuspendUser(
        self, request: pb.SuspendUserRequest, *, timeout: float | None = None
    ) -> pb.SuspendUserResponse:
        """
        Suspends a user: every session ends, and within a second access tokens, API keys, sign-in and refresh are
        refused with ACCOUNT_SUSPENDED. API keys, memberships, roles and subscriptions stay. Succeeds without a change
        when the user is suspended already. Audited. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, USER_NOT_FOUND: there is no such user.
        - FAILED_PRECONDITION, USER_NOT_REGISTERED: the user is a guest.
        - FAILED_PRECONDITION, CANNOT_SUSPEND_SELF: the user is the caller.
        - FAILED_PRECONDITION, LAST_OPERATOR: no other operator would be left.
        """
        return await self._call(SUSPEND_USER, request, timeout=timeout)

    async def ReinstateUser(
        self, request: pb.ReinstateUserRequest, *, timeout: float | None = None
    ) -> pb.ReinstateUserResponse:
        """
        Ends the suspension of a user, who can sign in again. Sessions that have ended stay ended. Succeeds without a
        change when the user is not suspended. Audited. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, USER_NOT_FOUND: there is no such user.
        """
        return await self._call(REINSTATE_USER, request, timeout=timeout)

    async def ListMembershipsForCaller(
        self, request: pb.ListMembershipsForCallerRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListMembershipsForCallerResponse:
        """Lists the caller's memberships."""
        return await self._call(LIST_MEMBERSHIPS_FOR_CALLER, request, timeout=timeout)

    async def ChangeDefaultOrganization(
        self, request: pb.ChangeDefaultOrganizationRequest, *, timeout: float | None = None
    ) -> pb.ChangeDefaultOrganizationResponse:
        """
        Makes one of the caller's organizations the one that calls are made for when they name none. Succeeds without a
        change when it is that already.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID (of the organization; empty is refused here).
        - PERMISSION_DENIED, NOT_A_MEMBER: the caller is not a member of it, or there is no such organization.
        """
        return await self._call(CHANGE_DEFAULT_ORGANIZATION, request, timeout=timeout)


class UsersServiceSync:
    """The end users of the platform, persons and machines, and the organizations they belong to."""

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def GetUser(self, request: pb.GetUserRequest, *, timeout: float | None = None) -> pb.GetUserResponse:
        """
        Returns one user, guests included. Testing builds only.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, USER_NOT_FOUND: there is no such user.
        """
        return self._call(GET_USER, request, timeout=timeout)

    def SuspendUser(self, request: pb.SuspendUserRequest, *, timeout: float | None = None) -> pb.SuspendUserResponse:
        """
        Suspends a user: every session ends, and within a second access tokens, API keys, sign-in and refresh are
        refused with ACCOUNT_SUSPENDED. API keys, memberships, roles and subscriptions stay. Succeeds without a change
        when the user is suspended already. Audited. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, USER_NOT_FOUND: there is no such user.
        - FAILED_PRECONDITION, USER_NOT_REGISTERED: the user is a guest.
        - FAILED_PRECONDITION, CANNOT_SUSPEND_SELF: the user is the caller.
        - FAILED_PRECONDITION, LAST_OPERATOR: no other operator would be left.
        """
        return self._call(SUSPEND_USER, request, timeout=timeout)

    def ReinstateUser(
        self, request: pb.ReinstateUserRequest, *, timeout: float | None = None
    ) -> pb.ReinstateUserResponse:
        """
        Ends the suspension of a user, who can sign in again. Sessions that have ended stay ended. Succeeds without a
        change when the user is not suspended. Audited. For operators.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID.
        - NOT_FOUND, USER_NOT_FOUND: there is no such user.
        """
        return self._call(REINSTATE_USER, request, timeout=timeout)

    def ListMembershipsForCaller(
        self, request: pb.ListMembershipsForCallerRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListMembershipsForCallerResponse:
        """Lists the caller's memberships."""
        return self._call(LIST_MEMBERSHIPS_FOR_CALLER, request, timeout=timeout)

    def ChangeDefaultOrganization(
        self, request: pb.ChangeDefaultOrganizationRequest, *, timeout: float | None = None
    ) -> pb.ChangeDefaultOrganizationResponse:
        """
        Makes one of the caller's organizations the one that calls are made for when they name none. Succeeds without a
        change when it is that already.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID (of the organization; empty is refused here).
        - PERMISSION_DENIED, NOT_A_MEMBER: the caller is not a member of it, or there is no such organization.
        """
        return self._call(CHANGE_DEFAULT_ORGANIZATION, request, timeout=timeout)
