"""UserProfilesService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.user_profiles.v1 import user_profiles_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

GET_PROFILE_FOR_CALLER = Method(
    "/tenantry.user_profiles.v1.UserProfilesService/GetProfileForCaller",
    pb.GetProfileForCallerRequest,
    pb.GetProfileForCallerResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)


class UserProfilesService:
    """The personal details of end users."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def GetProfileForCaller(
        self, request: pb.GetProfileForCallerRequest | None = None, *, timeout: float | None = None
    ) -> pb.GetProfileForCallerResponse:
        """
        Returns the profile of the caller, or says that the caller is anonymous. A bad credential is refused all the
        same.

        Errors:
        - NOT_FOUND, PROFILE_NOT_FOUND: the caller has no profile (service accounts).
        """
        return await self._call(GET_PROFILE_FOR_CALLER, request, timeout=timeout)


class UserProfilesServiceSync:
    """The personal details of end users."""

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def GetProfileForCaller(
        self, request: pb.GetProfileForCallerRequest | None = None, *, timeout: float | None = None
    ) -> pb.GetProfileForCallerResponse:
        """
        Returns the profile of the caller, or says that the caller is anonymous. A bad credential is refused all the
        same.

        Errors:
        - NOT_FOUND, PROFILE_NOT_FOUND: the caller has no profile (service accounts).
        """
        return self._call(GET_PROFILE_FOR_CALLER, request, timeout=timeout)
