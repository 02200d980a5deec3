"""SearchWebhookEndpoints: operators see how the endpoints of all organizations do, and not where they are."""

import grpc
import pytest
from tenantry.webhooks.v1.webhook_pb2 import WEBHOOK_FAILURE_STATUS
from tenantry.webhooks.v1.webhooks_service_pb2 import SearchWebhookEndpointsRequest

from tests.harness import refusal
from tests.webhooks.customer import new_customer


async def test_operators_see_all_and_those_that_are_unwell(
    webhooks_service, customer, cast, server, receiver, operator
):
    # given
    other = await new_customer(server, cast)
    well, failing = await customer.listens(receiver.url()), await customer.listens(receiver.url())
    disabled = await other.listens(receiver.url("/with-a-key"))
    await customer.test(well.id)
    receiver.refused.add(await customer.test(failing.id))
    await customer.drain()
    await other.update(disabled.id, is_enabled=False)

    # when
    async def search(**fields):
        request = SearchWebhookEndpointsRequest(page_size=1000, **fields)
        answer = await webhooks_service.SearchWebhookEndpoints(request, metadata=operator.metadata)
        ours = {well.id: "well", failing.id: "failing", disabled.id: "disabled"}
        return {ours[each.id]: each for each in answer.endpoints if each.id in ours}

    # then
    everything = await search()
    assert list(everything) == ["well", "failing", "disabled"]
    assert everything["well"].HasField("last_delivered_at")
    assert everything["failing"].last_failure == WEBHOOK_FAILURE_STATUS
    assert everything["failing"].organization_id == customer.organization_id
    assert not everything["disabled"].is_enabled
    assert "with-a-key" not in str(everything)
    assert list(await search(unwell_only=True)) == ["failing", "disabled"]
    assert list(await search(organization_id=other.organization_id)) == ["disabled"]
    assert next(iter(await search(order_by="failing_since_at desc"))) == "failing"


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"organization_id": "acme"}, {"organization_id": "INVALID_ID"}),
        ({"order_by": "url"}, {"order_by": "INVALID_ORDER_BY"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(webhooks_service, operator, fields, violations):
    request = SearchWebhookEndpointsRequest(**fields)

    refused = await refusal(webhooks_service.SearchWebhookEndpoints(request, metadata=operator.metadata))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)


async def test_only_operators_may(webhooks_service, customer):
    request = SearchWebhookEndpointsRequest(organization_id=customer.organization_id)

    refused = await refusal(webhooks_service.SearchWebhookEndpoints(request, metadata=customer.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
