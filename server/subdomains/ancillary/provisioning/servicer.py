"""ProvisioningService over gRPC: converts, calls one use case, converts back."""

from tenantry.provisioning.v1 import provisioning_service_pb2, provisioning_service_pb2_grpc

from server.kernel.deliveries.wire import to_proto
from server.kernel.rpc.context import Context
from server.subdomains.ancillary.provisioning.application import ProvisioningApplication


class ProvisioningServicer(provisioning_service_pb2_grpc.ProvisioningServiceServicer):
    """Answers ProvisioningService."""

    def __init__(self, application: ProvisioningApplication) -> None:
        self._provisioning = application

    async def NotifyProvisionings(
        self, request: provisioning_service_pb2.NotifyProvisioningsRequest, context: Context
    ) -> provisioning_service_pb2.NotifyProvisioningsResponse:
        results = await self._provisioning.notify_provisionings(request.messages)
        return provisioning_service_pb2.NotifyProvisioningsResponse(results=to_proto(results))

    async def DeliverAllProvisionings(
        self, request: provisioning_service_pb2.DeliverAllProvisioningsRequest, context: Context
    ) -> provisioning_service_pb2.DeliverAllProvisioningsResponse:
        delivered, failed = await self._provisioning.deliver_all_provisionings()
        return provisioning_service_pb2.DeliverAllProvisioningsResponse(delivered_count=delivered, failed_count=failed)
