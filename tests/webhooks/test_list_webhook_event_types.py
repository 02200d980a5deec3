"""ListWebhookEventTypes: what an endpoint may listen to."""

from tenantry.webhooks.v1.webhooks_service_pb2 import ListWebhookEventTypesRequest

from tests.harness import refusal


async def test_every_public_event_is_listed_by_name_and_no_other(webhooks_service, customer):
    answer = await webhooks_service.ListWebhookEventTypes(ListWebhookEventTypesRequest(), metadata=customer.metadata)

    found = {each.name: each for each in answer.event_types}
    assert list(found) == sorted(found)
    moved = found["things.thing_moved.v1"]
    assert moved.description == "A thing is somewhere else."
    assert moved.fields == ["thing_id", "organization_id", "place"]
    assert "webhooks.endpoint_disabled.v1" in found
    assert "things.thing_whispered.v1" not in found


async def test_nobody_learns_it_without_signing_in(webhooks_service):
    refused = await refusal(webhooks_service.ListWebhookEventTypes(ListWebhookEventTypesRequest()))

    assert refused.reason == "NOT_AUTHENTICATED"
