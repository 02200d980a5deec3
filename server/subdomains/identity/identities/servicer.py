"""IdentitiesService over gRPC: converts, calls one use case, converts back."""

from tenantry.identities.v1 import identities_service_pb2, identities_service_pb2_grpc, identity_pb2

from server.kernel.access.caller import current_call
from server.kernel.rpc.context import Context
from server.subdomains.identity.identities.application import IdentitiesApplication


class IdentitiesServicer(identities_service_pb2_grpc.IdentitiesServiceServicer):
    """Answers IdentitiesService."""

    def __init__(self, application: IdentitiesApplication) -> None:
        self._identities = application

    async def GetIdentity(
        self, request: identities_service_pb2.GetIdentityRequest, context: Context
    ) -> identities_service_pb2.GetIdentityResponse:
        found = await self._identities.get_identity(user_id=current_call().caller.user_id)
        return identities_service_pb2.GetIdentityResponse(
            identity=identity_pb2.Identity(
                id=found.user_id, has_credentials=found.has_credentials, is_mfa_enabled=found.is_mfa_enabled
            )
        )
