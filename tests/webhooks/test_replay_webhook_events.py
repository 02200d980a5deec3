"""ReplayWebhookEvents: an operator has events of the past sent once more."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from tenantry.webhooks.v1.webhooks_service_pb2 import ReplayWebhookEventsRequest

from server.kernel.ids import new_id
from server.kernel.rpc.times import to_timestamp
from tests.harness import refusal


async def test_what_happened_in_a_time_is_sent_once_more_under_the_same_ids(customer, receiver, operator, replay):
    # given
    endpoint = await customer.listens(receiver.url(), "things.*")
    thing = customer.thing()
    before = await thing.move(customer.server, "a")
    await asyncio.sleep(0.01)
    since_at = datetime.now(UTC)
    within = await thing.move(customer.server, "b", "c")
    await thing.whisper(customer.server, "hush")
    until_at = datetime.now(UTC)
    await asyncio.sleep(0.01)
    after = await thing.move(customer.server, "d")
    await customer.drain()
    assert receiver.event_ids == before + within + after

    # when
    answer = await replay(endpoint.id, since_at=to_timestamp(since_at), until_at=to_timestamp(until_at))

    # then
    assert answer.replayed_count == 2
    assert await customer.drain() == (2, 0)
    assert receiver.event_ids[4:] == within
    [first, again] = [call for call in receiver.calls if call.event_id == within[0]]
    assert first.verified_by(endpoint.signing_secret) == again.verified_by(endpoint.signing_secret)


async def test_without_an_end_everything_until_now_is_sent_and_audited(customer, receiver, replay, server):
    endpoint = await customer.listens(receiver.url())
    await customer.thing().move(server, "a", "b")

    assert (await replay(endpoint.id)).replayed_count == 2

    [audit] = [json.loads(text) for text in await server.queued("audits", "WebhookEndpoint.Replayed")]
    assert audit["Arguments"] == ["2", endpoint.id]
    assert audit["TenantId"] == customer.organization_id


async def test_the_same_request_again_sends_nothing_more(customer, receiver, replay, server):
    endpoint = await customer.listens(receiver.url())
    await customer.thing().move(server, "a")
    since_at = to_timestamp(datetime.now(UTC) - timedelta(minutes=1))
    request_id = str(uuid.uuid4())

    for _ in range(2):
        answer = await replay(endpoint.id, since_at=since_at, request_id=request_id)
        assert answer.replayed_count == 1
    assert await customer.drain() == (2, 0)  # one by the bus, one by the replay


async def test_what_cannot_be_replayed_is_refused(customer, receiver, replay):
    endpoint = await customer.listens(receiver.url())
    assert (await refusal(replay(new_id("endpoint")))).reason == "WEBHOOK_ENDPOINT_NOT_FOUND"
    other = await refusal(replay(endpoint.id, organization_id=new_id("org")))
    assert (other.code, other.reason) == (grpc.StatusCode.NOT_FOUND, "WEBHOOK_ENDPOINT_NOT_FOUND")

    await customer.update(endpoint.id, is_enabled=False)

    disabled = await refusal(replay(endpoint.id))
    assert (disabled.code, disabled.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "WEBHOOK_ENDPOINT_DISABLED")
    assert await customer.waiting() == []


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"since_at": None}, {"since_at": "INVALID_SINCE_AT"}),
        ({"since_at": to_timestamp(datetime.now(UTC) + timedelta(hours=1))}, {"since_at": "INVALID_SINCE_AT"}),
        (
            {"until_at": to_timestamp(datetime.now(UTC) - timedelta(hours=2))},
            {"until_at": "INVALID_UNTIL_AT"},
        ),
        ({"organization_id": "acme"}, {"organization_id": "INVALID_ID"}),
        ({"id": "endpoint"}, {"id": "INVALID_ID"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(customer, receiver, replay, fields, violations):
    endpoint = await customer.listens(receiver.url())
    values = {"endpoint_id": fields.pop("id", endpoint.id), **fields}

    refused = await refusal(replay(**values))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)


async def test_only_operators_may(webhooks_service, customer, receiver):
    endpoint = await customer.listens(receiver.url())
    request = ReplayWebhookEventsRequest(
        organization_id=customer.organization_id, id=endpoint.id, since_at=to_timestamp(datetime.now(UTC))
    )

    refused = await refusal(webhooks_service.ReplayWebhookEvents(request, metadata=customer.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")


@pytest.fixture
def replay(customer, operator):
    def call(endpoint_id, **fields):
        values = {
            "organization_id": customer.organization_id,
            "since_at": to_timestamp(datetime.now(UTC) - timedelta(hours=1)),
        }
        request = ReplayWebhookEventsRequest(id=endpoint_id, **(values | fields))
        return customer.service.ReplayWebhookEvents(request, metadata=operator.metadata)

    return call
