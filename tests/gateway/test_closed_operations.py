"""What nobody outside may reach, by any path."""

import grpc.aio
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_health.v1 import health_pb2

from tests.gateway.conftest import Standing, call_natively
from tests.gateway.echo_server import DESCRIPTORS
from tests.gateway.test_native import framed
from tooling.contracts.contract import Contract, Operation

OPERATIONS = Contract.of(FileDescriptorSet.FromString(DESCRIPTORS.read_bytes())).operations
SERVICE_ONLY = [operation for operation in OPERATIONS if operation.is_service_only]
TESTING_ONLY = [operation for operation in OPERATIONS if operation.access.testing_only]
OPEN = [operation for operation in OPERATIONS if operation not in SERVICE_ONLY + TESTING_ONLY]


def by_name(operation: Operation) -> str:
    return operation.method.name


def disguises(path: str) -> list[str]:
    """Other ways to write a path, some of which a server might read as the same."""
    escaped = "".join(f"%{ord(character):02x}" if character.isalpha() else character for character in path)
    return [
        path,
        f"{path}/",
        f"{path}?x=1",
        f"/{path}",
        f"{path}/.",
        f"/x/..{path}",
        f"/.{path}",
        escaped,
        path.upper(),
    ]


async def assert_out_of_reach(standing: Standing, operation: Operation) -> None:
    """Try every way in."""
    standing.server.calls.clear()
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call_natively(standing.channel, operation.path)
    assert failure.value.code() == grpc.StatusCode.UNIMPLEMENTED

    for kind in ("application/grpc-web+proto", "application/grpc", "application/json"):
        headers = {"content-type": kind, "te": "trailers"}
        for target in disguises(operation.path):
            sent_as_is = {"target": target.encode()}
            answer = await standing.client.post("/", content=framed(b""), headers=headers, extensions=sent_as_is)
            assert answer.status_code == 404 or answer.headers["grpc-status"] == "12", target

    for route in operation.routes:
        for target in disguises(route.plain_path.replace("{", "").replace("}", "")):
            json: dict[str, str] | None = {} if route.body else None
            sent_as_is = {"target": target.encode()}
            answer = await standing.client.request(route.verb, "/", json=json, extensions=sent_as_is)
            if answer.status_code != 200:  # upper case may be somebody's id
                assert answer.status_code in (400, 404), target
                assert answer.json()["details"][0]["reason"] in ("NO_SUCH_OPERATION", "MALFORMED_REQUEST")
    assert [call.path for call in standing.server.calls if call.path == operation.path] == []


@pytest.mark.parametrize("operation", SERVICE_ONLY, ids=by_name)
async def test_what_is_for_services_is_out_of_reach(standing: Standing, operation: Operation) -> None:
    await assert_out_of_reach(standing, operation)


@pytest.mark.parametrize("operation", SERVICE_ONLY + TESTING_ONLY, ids=by_name)
async def test_what_is_for_testing_is_out_of_reach_in_production(production: Standing, operation: Operation) -> None:
    await assert_out_of_reach(production, operation)


@pytest.mark.parametrize("operation", TESTING_ONLY, ids=by_name)
async def test_what_is_for_testing_is_within_reach_in_development(standing: Standing, operation: Operation) -> None:
    await call_natively(standing.channel, operation.path)
    for route in operation.routes:
        answer = await standing.client.request(route.verb, route.plain_path.replace("{id}", "x"))
        assert answer.status_code == 200
        assert standing.server.last_call.path == operation.path


@pytest.mark.parametrize("environment", ["development", "production"])
async def test_closing_some_leaves_all_others_open(
    development: Standing, production: Standing, environment: str
) -> None:
    standing = production if environment == "production" else development
    for operation in OPEN:
        await call_natively(standing.channel, operation.path)
        for route in operation.routes:
            # Members of closed sets have to be such.
            kinds = route.plain_path.replace("{authenticator_type}", "mfa-authenticator-type-totp")
            path = kinds.replace("{", "").replace("}", "")
            answer = await standing.client.request(route.verb, path, json={} if route.body else None)
            assert answer.status_code == 200, path
            assert standing.server.last_call.path == operation.path


async def test_services_reach_theirs_on_the_internal_listener(standing: Standing) -> None:
    for operation in SERVICE_ONLY:
        await call_natively(standing.internal_channel, operation.path)
        for route in operation.routes:
            answer = await standing.internal.request(route.verb, route.plain_path, json={})
            assert answer.status_code == 200
            assert standing.server.last_call.path == operation.path


async def test_reflection_and_native_health_are_for_the_inside(standing: Standing) -> None:
    for name in ("v1", "v1alpha"):
        path = f"/grpc.reflection.{name}.ServerReflection/ServerReflectionInfo"
        for channel in (standing.channel, standing.internal_channel):
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await call_natively(channel, path)
            assert failure.value.code() == grpc.StatusCode.UNIMPLEMENTED
    check = "/grpc.health.v1.Health/Check"
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call_natively(standing.channel, check)
    assert failure.value.code() == grpc.StatusCode.UNIMPLEMENTED

    inside = health_pb2.HealthCheckResponse.FromString(await call_natively(standing.internal_channel, check))
    assert inside.status == health_pb2.HealthCheckResponse.SERVING


async def test_the_public_health_check_is_an_operation_like_others(standing: Standing) -> None:
    assert (await standing.client.get("/health")).status_code == 200
    assert standing.server.last_call.path == "/tenantry.health.v1.HealthService/CheckHealth"
