"""What native gRPC and gRPC-Web callers meet at the gateway."""

import struct

import grpc.aio
import httpx
import pytest
from google.rpc import error_details_pb2, status_pb2
from tenantry.organizations.v1 import organizations_service_pb2 as organizations
from tenantry.organizations.v1.organizations_service_pb2_grpc import OrganizationsServiceStub

from tests.gateway.conftest import Standing, call_natively
from tests.gateway.echo_server import MISSING, SLOW

GET_ORGANIZATION = "/tenantry.organizations.v1.OrganizationsService/GetOrganization"
ORGANIZATION = "org_01k9zzzzzzzzzzzzzzzzzzzzzz"
ORIGIN = {"origin": "https://elsewhere.example"}


def framed(message: bytes) -> bytes:
    """A message as gRPC-Web sends it."""
    return b"\0" + struct.pack(">I", len(message)) + message


async def call_by_web(client: httpx.AsyncClient, organization_id: str) -> httpx.Response:
    """Call GetOrganization as a browser does."""
    body = framed(organizations.GetOrganizationRequest(organization_id=organization_id).SerializeToString())
    headers = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1", **ORIGIN}
    return await client.post(GET_ORGANIZATION, content=body, headers=headers)


async def test_a_native_call_passes_unchanged(standing: Standing) -> None:
    stub = OrganizationsServiceStub(standing.channel)
    response = await stub.GetOrganization(
        organizations.GetOrganizationRequest(organization_id=ORGANIZATION), metadata=[("x-api-key", "key")]
    )

    assert response.organization.id == ORGANIZATION
    assert standing.server.last_call.metadata["x-api-key"] == "key"
    assert "x-envoy-original-path" not in standing.server.last_call.metadata


async def test_a_native_error_keeps_its_details(standing: Standing) -> None:
    stub = OrganizationsServiceStub(standing.channel)
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await stub.GetOrganization(organizations.GetOrganizationRequest(organization_id=MISSING))

    assert failure.value.code() == grpc.StatusCode.NOT_FOUND
    trailers = dict(failure.value.trailing_metadata())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.reason == "THING_NOT_FOUND"


async def test_a_deadline_ends_the_call(standing: Standing) -> None:
    stub = OrganizationsServiceStub(standing.channel)
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await stub.GetOrganization(organizations.GetOrganizationRequest(organization_id=SLOW), timeout=0.1)

    assert failure.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize("path", ["/tenantry.health.v1.HealthService/Fly", "/tenantry.flights.v1.FlightsService/Fly"])
async def test_an_unknown_operation_is_unimplemented(standing: Standing, path: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call_natively(standing.channel, path)

    assert failure.value.code() == grpc.StatusCode.UNIMPLEMENTED


async def test_a_message_over_the_limit_of_rest_bodies_passes(standing: Standing) -> None:
    stub = OrganizationsServiceStub(standing.channel)
    response = await stub.CreateOrganization(organizations.CreateOrganizationRequest(name="H" * 2_000_000))

    assert len(response.organization.name) == 2_000_000


async def test_a_browser_may_call_by_grpc_web(standing: Standing) -> None:
    answer = await call_by_web(standing.client, ORGANIZATION)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/grpc-web+proto"
    assert answer.headers["access-control-allow-origin"] == ORIGIN["origin"]
    length = struct.unpack(">I", answer.content[1:5])[0]
    assert (
        organizations.GetOrganizationResponse.FromString(answer.content[5 : 5 + length]).organization.id == ORGANIZATION
    )
    assert b"grpc-status:0" in answer.content[5 + length :]


async def test_an_error_by_grpc_web_keeps_status_and_details(standing: Standing) -> None:
    answer = await call_by_web(standing.client, MISSING)

    assert answer.headers["grpc-status"] == "5"
    assert "grpc-status-details-bin" in answer.headers


async def test_any_origin_may_ask_first_and_gets_no_credentials(standing: Standing) -> None:
    for path, verb in (("/organizations", "POST"), ("/memberships/me/default", "PATCH"), (GET_ORGANIZATION, "POST")):
        headers = {**ORIGIN, "access-control-request-method": verb, "access-control-request-headers": "x-mfa-token"}
        answer = await standing.client.options(path, headers=headers)

        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == ORIGIN["origin"]
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers["access-control-max-age"] == "600"
        assert verb in answer.headers["access-control-allow-methods"]
        allowed = set(answer.headers["access-control-allow-headers"].replace(" ", "").split(","))
        assert {"content-type", "authorization", "x-api-key", "x-mfa-token", "x-request-id", "x-grpc-web"} <= allowed
    assert standing.server.calls == []


async def test_the_internal_listener_answers_no_other_origin(standing: Standing) -> None:
    headers = {**ORIGIN, "access-control-request-method": "POST"}
    answer = await standing.internal.options("/organizations", headers=headers)

    assert answer.status_code == 404
    assert "access-control-allow-origin" not in answer.headers
