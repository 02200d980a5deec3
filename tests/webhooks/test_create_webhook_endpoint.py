"""CreateWebhookEndpoint: an organization has its events sent to an address."""

import asyncio
import base64
import json
import uuid
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from tenantry.webhooks.v1.webhooks_service_pb2 import (
    CreateWebhookEndpointRequest,
    GetWebhookEndpointRequest,
    ListWebhookEndpointsRequest,
)

from server.kernel import ids
from server.kernel.ids import new_id
from server.kernel.rpc.times import to_timestamp
from tests.harness import Refused, properties_of, refusal

URL = "https://hooks.example.com/tenantry"


async def test_an_owner_creates_an_endpoint(webhooks_service, customer):
    # when
    endpoint = await customer.listens(URL, "things.*", "things.thing_moved.v1", "things.*", description="our billing")

    # then
    assert ids.is_id("endpoint", endpoint.id)
    assert endpoint.organization_id == customer.organization_id
    assert (endpoint.url, endpoint.description, endpoint.is_enabled) == (URL, "our billing", True)
    assert endpoint.event_types == ["things.*", "things.thing_moved.v1"]
    assert not endpoint.HasField("failing_since_at")
    found = await customer.endpoint(endpoint.id)
    endpoint.ClearField("signing_secret")
    assert found == endpoint


async def test_without_event_types_it_listens_to_all(customer):
    assert (await customer.listens(URL)).event_types == ["*"]


async def test_the_secret_is_shown_once_and_stored_sealed(webhooks_service, customer, server):
    endpoint = await customer.listens(URL)

    prefix, _, text = endpoint.signing_secret.partition("_")
    secret = base64.b64decode(text, validate=True)
    assert (prefix, len(secret)) == ("whsec", 32)
    request = ListWebhookEndpointsRequest(organization_id=customer.organization_id)
    [listed] = (await webhooks_service.ListWebhookEndpoints(request, metadata=customer.metadata)).endpoints
    assert not listed.HasField("signing_secret")
    [row] = await server.rows("SELECT * FROM webhooks.endpoint WHERE id = $1", ids.decode("endpoint", endpoint.id))
    assert secret not in row["secret"]
    assert len(row["secret"]) > 32
    for table in ("kernel.event", "kernel.delivery"):
        rows = await server.rows(f"SELECT t::text AS text FROM {table} t")
        assert not any(text in row["text"] or secret.hex() in row["text"] for row in rows)


async def test_it_is_published_audited_and_recorded_as_a_usage(customer, server):
    endpoint = await customer.listens(URL, "things.*")

    assert await server.events(endpoint.id) == ["webhooks.endpoint_created.v1"]
    [row] = await server.rows(
        "SELECT data FROM kernel.event WHERE aggregate_id = $1", ids.decode("endpoint", endpoint.id)
    )
    assert json.loads(row["data"]) == {
        "endpoint_id": endpoint.id,
        "organization_id": customer.organization_id,
        "event_types": ["things.*"],
    }
    [audit] = [json.loads(text) for text in await server.queued("audits", endpoint.id)]
    assert (audit["AuditCode"], audit["Arguments"]) == ("WebhookEndpoint.Created", [endpoint.id])
    assert audit["AgainstId"] == customer.owner.user_id
    usages = [json.loads(text) for text in await server.queued("usages", endpoint.id)]
    assert [usage["EventName"] for usage in usages] == ["Webhook Endpoint Created"]
    assert properties_of(usages[0]) == {"ResourceId": endpoint.id, "TenantId": customer.organization_id}


async def test_it_may_begin_with_what_has_happened(customer, receiver, server):
    # given
    early, late = customer.thing(), customer.thing()
    await early.move(server, "a")
    await asyncio.sleep(0.01)
    start_at = datetime.now(UTC)
    wanted = await late.move(server, "b", "c")
    await late.whisper(server, "hush")

    # when
    endpoint = await customer.listens(receiver.url(), start_at=to_timestamp(start_at))
    wanted += await late.move(server, "d")

    # then
    assert await customer.drain() == (3, 0)
    assert receiver.event_ids == wanted
    assert receiver.calls[0].verified_by(endpoint.signing_secret)["data"]["place"] == "b"
    assert [json.loads(call.body)["version"] for call in receiver.calls] == [1, 2, 4]


async def test_without_a_start_it_begins_with_what_happens_now(customer, receiver, server):
    await customer.thing().move(server, "before")

    await customer.listens(receiver.url())

    assert await customer.drain() == (0, 0)


async def test_the_same_request_again_makes_no_second_one(webhooks_service, customer):
    request = CreateWebhookEndpointRequest(
        organization_id=customer.organization_id, url=URL, request_id=str(uuid.uuid4())
    )

    first = await webhooks_service.CreateWebhookEndpoint(request, metadata=customer.metadata)
    again = await webhooks_service.CreateWebhookEndpoint(request, metadata=customer.metadata)

    assert again == first
    listed = ListWebhookEndpointsRequest(organization_id=customer.organization_id)
    assert (await webhooks_service.ListWebhookEndpoints(listed, metadata=customer.metadata)).total_size == 1


async def test_an_organization_has_at_most_twenty_also_when_two_are_made_at_once(webhooks_service, customer):
    for number in range(19):
        await customer.listens(f"{URL}/{number}")

    results = await asyncio.gather(*(customer.listens(f"{URL}/last") for _ in range(3)), return_exceptions=True)

    assert sum(not isinstance(result, Exception) for result in results) == 1
    request = CreateWebhookEndpointRequest(organization_id=customer.organization_id, url=URL)
    refused = await refusal(webhooks_service.CreateWebhookEndpoint(request, metadata=customer.metadata))
    assert refused == Refused(grpc.StatusCode.FAILED_PRECONDITION, "TOO_MANY_WEBHOOK_ENDPOINTS", {}, {})
    listed = ListWebhookEndpointsRequest(organization_id=customer.organization_id)
    assert (await webhooks_service.ListWebhookEndpoints(listed, metadata=customer.metadata)).total_size == 20


async def test_more_than_ten_thousand_events_of_the_past_are_refused(webhooks_service, customer, server):
    await server.rows(
        """
        INSERT INTO kernel.event (id, aggregate_type, aggregate_id, aggregate_prefix, version, name, organization_id,
                                  occurred_at, data, call_id, caller_id)
        SELECT gen_random_uuid(), 'Thing', gen_random_uuid(), 'thing', 1, 'things.thing_moved.v1', $1, now(), '{}', '',
               gen_random_uuid()
        FROM generate_series(1, 10001)
        """,
        ids.decode("org", customer.organization_id),
    )
    start_at = to_timestamp(datetime.now(UTC) - timedelta(minutes=1))
    request = CreateWebhookEndpointRequest(organization_id=customer.organization_id, url=URL, start_at=start_at)

    refused = await refusal(webhooks_service.CreateWebhookEndpoint(request, metadata=customer.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "TOO_MANY_WEBHOOK_EVENTS")
    assert await customer.waiting() == []
    assert await server.rows("SELECT 1 FROM webhooks.endpoint WHERE organization_id = $1", _uuid(customer)) == []


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"url": ""}, {"url": "INVALID_URL"}),
        ({"url": "http://hooks.example.com/"}, {"url": "INVALID_URL"}),
        ({"url": "https://10.0.0.1/"}, {"url": "INVALID_URL"}),
        ({"url": URL + "/" + "x" * 2048}, {"url": "INVALID_URL"}),
        ({"description": "a\nb"}, {"description": "INVALID_DESCRIPTION"}),
        ({"description": "x" * 201}, {"description": "INVALID_DESCRIPTION"}),
        ({"event_types": ["*", "things.thing_whispered.v1"]}, {"event_types[1]": "INVALID_EVENT_TYPES"}),
        ({"event_types": ["thing*"]}, {"event_types[0]": "INVALID_EVENT_TYPES"}),
        ({"event_types": ["webhook.test"]}, {"event_types[0]": "INVALID_EVENT_TYPES"}),
        ({"event_types": ["*"] * 101}, {"event_types": "INVALID_EVENT_TYPES"}),
        ({"start_at": to_timestamp(datetime.now(UTC) + timedelta(hours=1))}, {"start_at": "INVALID_START_AT"}),
        ({"request_id": "one"}, {"request_id": "INVALID_REQUEST_ID"}),
        (
            {"url": "ftp://x", "event_types": ["x"]},
            {"url": "INVALID_URL", "event_types[0]": "INVALID_EVENT_TYPES"},
        ),
    ],
)
async def test_a_field_outside_its_rule_is_refused(webhooks_service, customer, server, fields, violations):
    request = CreateWebhookEndpointRequest(organization_id=customer.organization_id, **({"url": URL} | fields))

    refused = await refusal(webhooks_service.CreateWebhookEndpoint(request, metadata=customer.metadata))

    assert refused == Refused(grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED", refused.metadata, violations)
    assert await server.rows("SELECT 1 FROM webhooks.endpoint WHERE organization_id = $1", _uuid(customer)) == []


async def test_only_an_owner_with_a_paid_feature_may(webhooks_service, cast, customer):
    organization_id = customer.organization_id
    request = CreateWebhookEndpointRequest(organization_id=organization_id, url=URL)
    member = await cast.member(organization_id)
    unpaid = await cast.member(organization_id, roles=("tenant_owner",), feature="basic_features")
    stranger = await cast.member(new_id("org"), roles=("tenant_owner",))

    reasons = [
        (await refusal(webhooks_service.CreateWebhookEndpoint(request, metadata=metadata))).reason
        for metadata in ((), member.metadata, unpaid.metadata, stranger.metadata)
    ]

    assert reasons == ["NOT_AUTHENTICATED", "ROLE_REQUIRED", "FEATURE_REQUIRED", "NOT_A_MEMBER"]


async def test_an_owner_whose_plan_has_ended_may_still_look_and_stop(webhooks_service, cast, customer):
    endpoint = await customer.listens(URL)
    unpaid = await cast.member(customer.organization_id, roles=("tenant_owner",), feature="basic_features")
    request = GetWebhookEndpointRequest(organization_id=customer.organization_id, id=endpoint.id)

    assert (await webhooks_service.GetWebhookEndpoint(request, metadata=unpaid.metadata)).endpoint.id == endpoint.id


def _uuid(customer):
    return ids.decode("org", customer.organization_id)
