"""FeatureFlagsService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.feature_flags.v1 import feature_flags_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

GET_FEATURE_FLAG = Method(
    "/tenantry.feature_flags.v1.FeatureFlagsService/GetFeatureFlag",
    pb.GetFeatureFlagRequest,
    pb.GetFeatureFlagResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
LIST_FEATURE_FLAGS = Method(
    "/tenantry.feature_flags.v1.FeatureFlagsService/ListFeatureFlags",
    pb.ListFeatureFlagsRequest,
    pb.ListFeatureFlagsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
GET_FEATURE_FLAG_FOR_CALLER = Method(
    "/tenantry.feature_flags.v1.FeatureFlagsService/GetFeatureFlagForCaller",
    pb.GetFeatureFlagForCallerRequest,
    pb.GetFeatureFlagForCallerResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)


class FeatureFlagsService:
    """
    Reads feature flags, which are boolean and are managed elsewhere: in a flags file, in flagd or in Flagsmith. A flag
    of another type counts as unknown. What a remote flag system says is remembered for up to 5 minutes (a setting).
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    async def GetFeatureFlag(
        self, request: pb.GetFeatureFlagRequest, *, timeout: float | None = None
    ) -> pb.GetFeatureFlagResponse:
        """
        Fetches a flag as it is for one user, who need not exist. For the anonymous user it is the value of the
        environment.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_NAME (empty, over 200 characters, or with control characters),
          INVALID_ID (of the user or the organization).
        - NOT_FOUND, FLAG_NOT_FOUND: there is no such flag.
        - UNAVAILABLE, FLAGS_UNAVAILABLE: the flag system fails, and what it would say is not remembered.
        """
        return await self._call(GET_FEATURE_FLAG, request, timeout=timeout)

    async def ListFeatureFlags(
        self, request: pb.ListFeatureFlagsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListFeatureFlagsResponse:
        """
        Lists all flags, with the values of the environment, which are nobody's in particular. A flag whose rules fail
        is listed as off.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_PAGE_SIZE, INVALID_PAGE_TOKEN, INVALID_ORDER_BY.
        - UNAVAILABLE, FLAGS_UNAVAILABLE: the flag system fails, and what it would say is not remembered.
        """
        return await self._call(LIST_FEATURE_FLAGS, request, timeout=timeout)

    async def GetFeatureFlagForCaller(
        self, request: pb.GetFeatureFlagForCallerRequest, *, timeout: float | None = None
    ) -> pb.GetFeatureFlagForCallerResponse:
        """
        Fetches a flag as it is for the caller. For anonymous callers it is the value of the environment.

        Errors:
        - PERMISSION_DENIED, NOT_A_MEMBER: an organization is named, and the caller is no member of it, or is anonymous.
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_NAME (empty, over 200 characters, or with control characters),
          INVALID_ID (of the organization).
        - NOT_FOUND, FLAG_NOT_FOUND: there is no such flag.
        - UNAVAILABLE, FLAGS_UNAVAILABLE: the flag system fails, and what it would say is not remembered.
        """
        return await self._call(GET_FEATURE_FLAG_FOR_CALLER, request, timeout=timeout)


class FeatureFlagsServiceSync:
    """
    Reads feature flags, which are boolean and are managed elsewhere: in a flags file, in flagd or in Flagsmith. A flag
    of another type counts as unknown. What a remote flag system says is remembered for up to 5 minutes (a setting).
    """

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def GetFeatureFlag(
        self, request: pb.GetFeatureFlagRequest, *, timeout: float | None = None
    ) -> pb.GetFeatureFlagResponse:
        """
        Fetches a flag as it is for one user, who need not exist. For the anonymous user it is the value of the
        environment.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_NAME (empty, over 200 characters, or with control characters),
          INVALID_ID (of the user or the organization).
        - NOT_FOUND, FLAG_NOT_FOUND: there is no such flag.
        - UNAVAILABLE, FLAGS_UNAVAILABLE: the flag system fails, and what it would say is not remembered.
        """
        return self._call(GET_FEATURE_FLAG, request, timeout=timeout)

    def ListFeatureFlags(
        self, request: pb.ListFeatureFlagsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListFeatureFlagsResponse:
        """
        Lists all flags, with the values of the environment, which are nobody's in particular. A flag whose rules fail
        is listed as off.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_PAGE_SIZE, INVALID_PAGE_TOKEN, INVALID_ORDER_BY.
        - UNAVAILABLE, FLAGS_UNAVAILABLE: the flag system fails, and what it would say is not remembered.
        """
        return self._call(LIST_FEATURE_FLAGS, request, timeout=timeout)

    def GetFeatureFlagForCaller(
        self, request: pb.GetFeatureFlagForCallerRequest, *, timeout: float | None = None
    ) -> pb.GetFeatureFlagForCallerResponse:
        """
        Fetches a flag as it is for the caller. For anonymous callers it is the value of the environment.

        Errors:
        - PERMISSION_DENIED, NOT_A_MEMBER: an organization is named, and the caller is no member of it, or is anonymous.
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_NAME (empty, over 200 characters, or with control characters),
          INVALID_ID (of the organization).
        - NOT_FOUND, FLAG_NOT_FOUND: there is no such flag.
        - UNAVAILABLE, FLAGS_UNAVAILABLE: the flag system fails, and what it would say is not remembered.
        """
        return self._call(GET_FEATURE_FLAG_FOR_CALLER, request, timeout=timeout)
