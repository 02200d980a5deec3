"""UpdateWebhookEndpoint: an endpoint is moved, told of other things, stopped and started."""

import json

import grpc
import pytest
from tenantry.webhooks.v1.webhook_pb2 import WEBHOOK_DISABLED_REASON_BY_OWNER
from tenantry.webhooks.v1.webhooks_service_pb2 import UpdateWebhookEndpointRequest

from server.kernel import ids
from server.kernel.ids import new_id
from tests.harness import refusal

URL = "https://hooks.example.com/tenantry"


async def test_only_what_is_given_changes(customer, server):
    before = await customer.listens(URL, "things.*", description="billing")

    moved = await customer.update(before.id, url=f"{URL}/2")
    assert (moved.url, moved.description, moved.event_types) == (f"{URL}/2", "billing", ["things.*"])
    renamed = await customer.update(before.id, description="")
    assert (renamed.url, renamed.description) == (f"{URL}/2", "")
    widened = await customer.update(before.id, event_types=["*"])
    assert (widened.event_types, widened.is_enabled) == (["*"], True)
    assert await customer.endpoint(before.id) == widened
    assert await server.events(before.id) == ["webhooks.endpoint_created.v1"] + ["webhooks.endpoint_changed.v1"] * 3


async def test_what_changes_nothing_is_not_published(customer, server):
    endpoint = await customer.listens(URL)

    await customer.update(endpoint.id, url=URL, event_types=["*"], is_enabled=True)

    assert await server.events(endpoint.id) == ["webhooks.endpoint_created.v1"]
    assert len(await server.queued("audits", endpoint.id)) == 1


async def test_a_new_address_takes_what_waits_for_the_old_one(customer, receiver, server):
    endpoint = await customer.listens(URL)
    [event_id] = await customer.thing().move(server, "here")

    await customer.update(endpoint.id, url=receiver.url())
    await customer.drain()

    assert receiver.event_ids == [event_id]


async def test_a_disabled_endpoint_gets_nothing_and_what_waited_is_dropped(customer, receiver, server):
    # given
    endpoint = await customer.listens(receiver.url())
    await customer.test(endpoint.id)

    # when
    disabled = await customer.update(endpoint.id, is_enabled=False)

    # then
    assert (disabled.is_enabled, disabled.disabled_reason) == (False, WEBHOOK_DISABLED_REASON_BY_OWNER)
    assert disabled.HasField("disabled_at")
    assert await customer.waiting() == []
    await customer.thing().move(server, "unheard")
    assert await customer.drain() == (0, 0)
    assert (await server.events(endpoint.id))[-1] == "webhooks.endpoint_disabled.v1"
    assert await _listed(server, customer) == 0
    audits = [json.loads(text)["AuditCode"] for text in await server.queued("audits", endpoint.id)]
    assert audits == ["WebhookEndpoint.Created", "WebhookEndpoint.Changed"]


async def test_an_enabled_one_begins_with_the_next_event(customer, receiver, server):
    endpoint = await customer.listens(receiver.url())
    await customer.update(endpoint.id, is_enabled=False)
    await customer.thing().move(server, "unheard")

    enabled = await customer.update(endpoint.id, is_enabled=True)
    [event_id] = await customer.thing().move(server, "heard")
    await customer.drain()

    assert enabled.is_enabled
    assert not enabled.HasField("disabled_at")
    assert receiver.event_ids == [event_id]
    assert (await server.events(endpoint.id))[-1] == "webhooks.endpoint_enabled.v1"


async def test_the_bus_brings_events_as_long_as_one_endpoint_is_enabled(customer, server):
    one, other = await customer.listens(URL), await customer.listens(URL)

    await customer.update(one.id, is_enabled=False)
    assert await _listed(server, customer) == 1
    await customer.delete(other.id)
    assert await _listed(server, customer) == 0
    await customer.update(one.id, is_enabled=True)
    assert await _listed(server, customer) == 1


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"url": "http://hooks.example.com"}, {"url": "INVALID_URL"}),
        ({"url": ""}, {"url": "INVALID_URL"}),
        ({"description": "x" * 201}, {"description": "INVALID_DESCRIPTION"}),
        ({"event_types": ["none.*"]}, {"event_types[0]": "INVALID_EVENT_TYPES"}),
        ({"id": "endpoint_1"}, {"id": "INVALID_ID"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(webhooks_service, customer, fields, violations):
    endpoint = await customer.listens(URL)
    request = UpdateWebhookEndpointRequest(
        **({"organization_id": customer.organization_id, "id": endpoint.id} | fields)
    )

    refused = await refusal(webhooks_service.UpdateWebhookEndpoint(request, metadata=customer.metadata))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)
    endpoint.ClearField("signing_secret")
    assert await customer.endpoint(endpoint.id) == endpoint


async def test_an_unknown_endpoint_is_not_there_and_a_plain_member_may_not(webhooks_service, customer, cast):
    request = UpdateWebhookEndpointRequest(organization_id=customer.organization_id, id=new_id("endpoint"))
    member = await cast.member(customer.organization_id)

    unknown = await refusal(webhooks_service.UpdateWebhookEndpoint(request, metadata=customer.metadata))
    refused = await refusal(webhooks_service.UpdateWebhookEndpoint(request, metadata=member.metadata))

    assert (unknown.code, unknown.reason) == (grpc.StatusCode.NOT_FOUND, "WEBHOOK_ENDPOINT_NOT_FOUND")
    assert refused.reason == "ROLE_REQUIRED"


async def _listed(server, customer):
    sql = "SELECT 1 FROM kernel.subscription_organization WHERE organization_id = $1"
    return len(await server.rows(sql, ids.decode("org", customer.organization_id)))
