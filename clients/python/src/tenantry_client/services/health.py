"""HealthService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.health.v1 import health_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

CHECK_HEALTH = Method(
    "/tenantry.health.v1.HealthService/CheckHealth",
    pb.CheckHealthRequest,
    pb.CheckHealthResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)


class HealthService:
    """Whether the server is alive. Whether it is ready for traffic says the standard grpc.health.v1.Health."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def CheckHealth(
        self, request: pb.CheckHealthRequest | None = None, *, timeout: float | None = None
    ) -> pb.CheckHealthResponse:
        """Answers as long as the server can answer. No dependency is probed, nothing is recorded."""
        return await self._call(CHECK_HEALTH, request, timeout=timeout)


class HealthServiceSync:
    """Whether the server is alive. Whether it is ready for traffic says the standard grpc.health.v1.Health."""

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def CheckHealth(
        self, request: pb.CheckHealthRequest | None = None, *, timeout: float | None = None
    ) -> pb.CheckHealthResponse:
        """Answers as long as the server can answer. No dependency is probed, nothing is recorded."""
        return self._call(CHECK_HEALTH, request, timeout=timeout)
