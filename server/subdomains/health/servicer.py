"""HealthService over gRPC. No dependency is asked: it answers as long as this process can."""

from tenantry.health.v1 import health_service_pb2, health_service_pb2_grpc

from server.kernel.rpc.context import Context


class HealthServicer(health_service_pb2_grpc.HealthServiceServicer):
    """Answers HealthService."""

    def __init__(self, service_name: str) -> None:
        self._answer = health_service_pb2.CheckHealthResponse(
            name=service_name, status=health_service_pb2.HEALTH_STATUS_OK
        )

    async def CheckHealth(
        self, request: health_service_pb2.CheckHealthRequest, context: Context
    ) -> health_service_pb2.CheckHealthResponse:
        return self._answer
