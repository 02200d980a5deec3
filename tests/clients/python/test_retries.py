"""What the client sends again, and what it does not."""

import time

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from tenantry.organizations.v1.organizations_service_pb2 import CreateOrganizationRequest
from tenantry.users.v1.users_service_pb2 import ChangeDefaultOrganizationRequest

from tenantry_client import (
    DeadlineExceeded,
    FailedPrecondition,
    ResourceExhausted,
    RetryPolicy,
    Tenantry,
    Unavailable,
)
from tests.clients.python.stand_in import API_KEY, Refusal, StandIn

AWAY = Refusal(grpc.StatusCode.UNAVAILABLE)


def _limited(seconds: float) -> Refusal:
    delay = Duration()
    delay.FromNanoseconds(int(seconds * 1e9))
    return Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED", details=(RetryInfo(retry_delay=delay),))


async def test_a_read_is_repeated_while_the_server_is_away(server: StandIn, client: Tenantry) -> None:
    server.failures["ListMembershipsForCaller"] = [AWAY, AWAY]

    await client.users.ListMembershipsForCaller()

    assert server.count("ListMembershipsForCaller") == 3


async def test_a_read_is_given_up_after_four_attempts(server: StandIn, client: Tenantry) -> None:
    server.failures["ListMembershipsForCaller"] = [AWAY] * 10

    with pytest.raises(Unavailable):
        await client.users.ListMembershipsForCaller()

    assert server.count("ListMembershipsForCaller") == 4


async def test_a_write_that_cannot_be_recognised_is_never_repeated(server: StandIn, client: Tenantry) -> None:
    server.failures["ChangeDefaultOrganization"] = [AWAY]

    with pytest.raises(Unavailable):
        await client.users.ChangeDefaultOrganization(ChangeDefaultOrganizationRequest(organization_id="org_1"))

    assert server.count("ChangeDefaultOrganization") == 1


async def test_a_write_whose_answer_is_lost_is_repeated_and_done_once(server: StandIn, client: Tenantry) -> None:
    server.lost_answers["CreateOrganization"] = 2

    await client.organizations.CreateOrganization(CreateOrganizationRequest(name="Acme"))

    assert server.count("CreateOrganization") == 3
    assert len(set(server.request_ids("CreateOrganization"))) == 1
    assert len(server.created) == 1


async def test_the_same_message_sent_twice_means_two_calls(server: StandIn, client: Tenantry) -> None:
    request = CreateOrganizationRequest(name="Acme")

    await client.organizations.CreateOrganization(request)
    await client.organizations.CreateOrganization(request)

    assert not request.request_id
    assert len(server.created) == 2


async def test_a_request_id_of_the_caller_is_kept(server: StandIn, client: Tenantry) -> None:
    request_id = "7d9c2f0e-3f37-4d7d-9a59-4b4f6ac1d0aa"

    await client.organizations.CreateOrganization(CreateOrganizationRequest(name="Acme", request_id=request_id))

    assert server.request_ids("CreateOrganization") == [request_id]


async def test_a_write_refused_for_an_expired_token_is_sent_again(server: StandIn, client: Tenantry) -> None:
    server.expire_access_tokens()

    await client.users.ChangeDefaultOrganization(ChangeDefaultOrganizationRequest(organization_id="org_1"))

    assert server.count("ChangeDefaultOrganization") == 2


async def test_the_time_that_the_server_names_is_waited_for(server: StandIn, client: Tenantry) -> None:
    server.failures["ListMembershipsForCaller"] = [_limited(0.3)]
    started = time.monotonic()

    await client.users.ListMembershipsForCaller()

    assert time.monotonic() - started >= 0.3


async def test_a_wait_beyond_the_deadline_is_not_begun(server: StandIn, client: Tenantry) -> None:
    server.failures["ListMembershipsForCaller"] = [_limited(60)]
    started = time.monotonic()

    with pytest.raises(ResourceExhausted) as refused:
        await client.users.ListMembershipsForCaller()

    assert time.monotonic() - started < 5
    assert refused.value.retry_delay == 60


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(grpc.StatusCode.FAILED_PRECONDITION, "PERSON_REQUIRED"),
        Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_API_KEYS"),
    ],
)
async def test_a_refusal_that_does_not_pass_by_itself_is_final(
    server: StandIn, client: Tenantry, refusal: Refusal
) -> None:
    server.failures["ListMembershipsForCaller"] = [refusal]

    with pytest.raises((FailedPrecondition, ResourceExhausted)):
        await client.users.ListMembershipsForCaller()

    assert server.count("ListMembershipsForCaller") == 1


async def test_a_silent_server_is_waited_for_no_longer_than_the_clients_timeout(server: StandIn) -> None:
    server.holds["ListMembershipsForCaller"] = 30
    started = time.monotonic()

    async with Tenantry(server.address, api_key=API_KEY, timeout=0.3) as client:
        with pytest.raises(DeadlineExceeded):
            await client.users.ListMembershipsForCaller()

    assert time.monotonic() - started < 3


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with Tenantry("127.0.0.1:1", retries=RetryPolicy(attempts=2)) as client:
        with pytest.raises(Unavailable):
            await client.users.ListMembershipsForCaller()


def test_waits_double_up_to_the_longest_one() -> None:
    policy = RetryPolicy(attempts=100, first_wait=0.1, longest_wait=1.0)

    for attempt, ceiling in ((1, 0.1), (2, 0.2), (3, 0.4), (10, 1.0)):
        waits = [policy.wait(Unavailable("away"), attempt=attempt, may_be_repeated=True) for _ in range(200)]
        known = [wait for wait in waits if wait is not None]
        assert len(known) == 200
        assert 0.8 * ceiling < max(known) <= ceiling
        assert min(known) < 0.2 * ceiling
