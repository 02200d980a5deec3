"""CheckHealth: the server is alive."""

from grpc_health.v1 import health_pb2
from tenantry.health.v1.health_service_pb2 import HEALTH_STATUS_OK, CheckHealthRequest

from server.kernel import ids


async def test_anybody_is_told_the_name_of_the_service(health_service, cast, server):
    member = await cast.member(ids.new_id("org"))

    for metadata in (None, member.metadata, server.as_service()):
        answer = await health_service.CheckHealth(CheckHealthRequest(), metadata=metadata)
        assert (answer.name, answer.status) == ("tenantry", HEALTH_STATUS_OK)


async def test_nothing_is_recorded(health_service, server):
    await health_service.CheckHealth(CheckHealthRequest())

    assert await server.rows("SELECT 1 FROM kernel.delivery UNION ALL SELECT 1 FROM kernel.event") == []


async def test_the_standard_health_service_needs_no_token(server):
    check = server.channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )

    answer = await check(health_pb2.HealthCheckRequest(service="tenantry.health.v1.HealthService"))

    assert answer.status == health_pb2.HealthCheckResponse.SERVING
