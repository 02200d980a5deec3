"""FeatureFlagsService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator

from tenantry.feature_flags.v1 import feature_flag_pb2, feature_flags_service_pb2, feature_flags_service_pb2_grpc

from server.kernel import ids
from server.kernel.access.caller import current_call
from server.kernel.errors import NotAMember, Violation
from server.kernel.lists import Lists
from server.kernel.rpc.context import Context
from server.subdomains.ancillary.feature_flags.application import FLAG_ORDERING, FeatureFlagsApplication
from server.subdomains.ancillary.feature_flags.domain import FeatureFlag


class FeatureFlagsServicer(feature_flags_service_pb2_grpc.FeatureFlagsServiceServicer):
    """Answers FeatureFlagsService."""

    def __init__(self, application: FeatureFlagsApplication, lists: Lists) -> None:
        self._flags = application
        self._lists = lists

    async def GetFeatureFlag(
        self, request: feature_flags_service_pb2.GetFeatureFlagRequest, context: Context
    ) -> feature_flags_service_pb2.GetFeatureFlagResponse:
        flag = await self._flags.get_feature_flag(
            name=request.name, user_id=request.user_id, organization_id=request.organization_id or None
        )
        return feature_flags_service_pb2.GetFeatureFlagResponse(flag=_to_proto(flag))

    def check_ListFeatureFlags(self, request: feature_flags_service_pb2.ListFeatureFlagsRequest) -> Iterator[Violation]:
        return self._lists.violations(request, FLAG_ORDERING)

    async def ListFeatureFlags(
        self, request: feature_flags_service_pb2.ListFeatureFlagsRequest, context: Context
    ) -> feature_flags_service_pb2.ListFeatureFlagsResponse:
        found = await self._flags.list_feature_flags(self._lists.page(request, FLAG_ORDERING))
        return feature_flags_service_pb2.ListFeatureFlagsResponse(
            flags=[_to_proto(flag) for flag in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    def check_GetFeatureFlagForCaller(
        self, request: feature_flags_service_pb2.GetFeatureFlagForCallerRequest
    ) -> Iterator[Violation]:
        # The organization is optional here, so the pipeline does not ask. Membership comes before the rules of fields.
        if ids.is_id("org", request.organization_id):
            caller = current_call().caller
            if not caller.is_service and caller.membership(request.organization_id) is None:
                raise NotAMember
        return iter(())

    async def GetFeatureFlagForCaller(
        self, request: feature_flags_service_pb2.GetFeatureFlagForCallerRequest, context: Context
    ) -> feature_flags_service_pb2.GetFeatureFlagForCallerResponse:
        caller = current_call().caller
        flag = await self._flags.get_feature_flag(
            name=request.name,
            user_id=caller.user_id,
            organization_id=request.organization_id or caller.default_organization_id,
        )
        return feature_flags_service_pb2.GetFeatureFlagForCallerResponse(flag=_to_proto(flag))


def _to_proto(flag: FeatureFlag) -> feature_flag_pb2.FeatureFlag:
    return feature_flag_pb2.FeatureFlag(name=flag.name, is_enabled=flag.is_enabled)
