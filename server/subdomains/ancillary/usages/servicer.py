"""UsagesService over gRPC: converts, calls one use case, converts back."""

from tenantry.usages.v1 import usages_service_pb2, usages_service_pb2_grpc

from server.kernel.deliveries.wire import to_proto
from server.kernel.rpc.context import Context
from server.subdomains.ancillary.usages.application import UsagesApplication


class UsagesServicer(usages_service_pb2_grpc.UsagesServiceServicer):
    """Answers UsagesService."""

    def __init__(self, application: UsagesApplication) -> None:
        self._usages = application

    async def DeliverUsages(
        self, request: usages_service_pb2.DeliverUsagesRequest, context: Context
    ) -> usages_service_pb2.DeliverUsagesResponse:
        results = await self._usages.deliver_usages(request.messages)
        return usages_service_pb2.DeliverUsagesResponse(results=to_proto(results))

    async def DeliverAllUsages(
        self, request: usages_service_pb2.DeliverAllUsagesRequest, context: Context
    ) -> usages_service_pb2.DeliverAllUsagesResponse:
        delivered, failed = await self._usages.deliver_all_usages()
        return usages_service_pb2.DeliverAllUsagesResponse(delivered_count=delivered, failed_count=failed)
