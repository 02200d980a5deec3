"""The client for everything but asyncio keeps the same rules, with threads."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from tenantry.organizations.v1.organizations_service_pb2 import CreateOrganizationRequest
from tenantry.users.v1.users_service_pb2 import ChangeDefaultOrganizationRequest

from tenantry_client import DeadlineExceeded, TenantrySync, Unauthenticated, Unavailable
from tests.clients.python.conftest import QUICKLY
from tests.clients.python.stand_in import API_KEY, PASSWORD, Refusal, StandIn

AWAY = Refusal(grpc.StatusCode.UNAVAILABLE)


@pytest.fixture
async def client(server: StandIn) -> AsyncIterator[TenantrySync]:
    """A client that has signed in."""
    client = TenantrySync(server.address, retries=QUICKLY)
    await asyncio.to_thread(client.sign_in, "ada@example.com", PASSWORD)
    yield client
    await asyncio.to_thread(client.close)


async def test_fifty_threads_with_an_expired_token_share_one_refresh(server: StandIn, client: TenantrySync) -> None:
    server.expire_access_tokens()
    server.holds["RefreshToken"] = 0.05

    def fifty_calls() -> list[int]:
        with ThreadPoolExecutor(50) as threads:
            return list(threads.map(lambda _: client.users.ListMembershipsForCaller().total_size, range(50)))

    assert await asyncio.to_thread(fifty_calls) == [0] * 50
    assert server.count("RefreshToken") == 1


async def test_a_refresh_whose_answer_is_lost_is_repeated_with_the_same_request_id(
    server: StandIn, client: TenantrySync
) -> None:
    server.expire_access_tokens()
    server.lost_answers["RefreshToken"] = 2

    await asyncio.to_thread(client.users.ListMembershipsForCaller)

    assert len(server.request_ids("RefreshToken")) == 3
    assert len(set(server.request_ids("RefreshToken"))) == 1


async def test_when_the_session_has_ended_it_is_forgotten(server: StandIn, client: TenantrySync) -> None:
    server.expire_access_tokens()
    server.failures["RefreshToken"] = [Refusal(grpc.StatusCode.UNAUTHENTICATED, "REFRESH_TOKEN_INVALID")]

    with pytest.raises(Unauthenticated):
        await asyncio.to_thread(client.users.ListMembershipsForCaller)

    assert client.tokens is None


async def test_reads_and_recognisable_writes_are_repeated_and_no_others(server: StandIn, client: TenantrySync) -> None:
    server.failures["ListMembershipsForCaller"] = [AWAY]
    server.failures["ChangeDefaultOrganization"] = [AWAY]
    server.lost_answers["CreateOrganization"] = 1

    await asyncio.to_thread(client.users.ListMembershipsForCaller)
    await asyncio.to_thread(client.organizations.CreateOrganization, CreateOrganizationRequest(name="Acme"))
    with pytest.raises(Unavailable):
        await asyncio.to_thread(
            client.users.ChangeDefaultOrganization, ChangeDefaultOrganizationRequest(organization_id="org_1")
        )

    assert (
        server.count("ListMembershipsForCaller"),
        server.count("CreateOrganization"),
        server.count("ChangeDefaultOrganization"),
    ) == (2, 2, 1)
    assert len(server.created) == 1


async def test_a_silent_server_is_waited_for_no_longer_than_asked(server: StandIn) -> None:
    server.holds["ListMembershipsForCaller"] = 30

    def call() -> None:
        with TenantrySync(server.address, api_key=API_KEY) as machine:
            machine.users.ListMembershipsForCaller(timeout=0.2)

    with pytest.raises(DeadlineExceeded):
        await asyncio.to_thread(call)


async def test_signing_out_ends_the_session_on_the_server(server: StandIn, client: TenantrySync) -> None:
    await asyncio.to_thread(client.sign_out)

    assert server.count("RevokeToken") == 1
    assert client.tokens is None
