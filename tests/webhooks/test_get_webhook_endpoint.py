"""GetWebhookEndpoint and ListWebhookEndpoints: an owner looks at the organization's endpoints."""

import grpc
import pytest
from tenantry.webhooks.v1.webhooks_service_pb2 import GetWebhookEndpointRequest, ListWebhookEndpointsRequest

from server.kernel.ids import new_id
from tests.harness import Refused, refusal
from tests.webhooks.customer import new_customer

URL = "https://hooks.example.com/tenantry"


async def test_an_unknown_endpoint_and_one_of_another_organization_are_not_there(
    webhooks_service, customer, cast, server
):
    other = await new_customer(server, cast)
    theirs = await other.listens(URL)

    for endpoint_id in (new_id("endpoint"), theirs.id):
        request = GetWebhookEndpointRequest(organization_id=customer.organization_id, id=endpoint_id)
        refused = await refusal(webhooks_service.GetWebhookEndpoint(request, metadata=customer.metadata))
        assert refused == Refused(grpc.StatusCode.NOT_FOUND, "WEBHOOK_ENDPOINT_NOT_FOUND", {}, {})


async def test_the_list_has_the_oldest_first_in_pages(webhooks_service, customer):
    made = [(await customer.listens(f"{URL}/{number}")).id for number in range(5)]
    request = ListWebhookEndpointsRequest(organization_id=customer.organization_id, page_size=2)
    found = []

    while True:
        page = await webhooks_service.ListWebhookEndpoints(request, metadata=customer.metadata)
        assert page.total_size == 5
        found += [endpoint.id for endpoint in page.endpoints]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    assert found == made
    request = ListWebhookEndpointsRequest(organization_id=customer.organization_id, order_by="created_at desc")
    page = await webhooks_service.ListWebhookEndpoints(request, metadata=customer.metadata)
    assert [endpoint.id for endpoint in page.endpoints] == made[::-1]


async def test_a_list_holds_the_endpoints_of_one_organization(webhooks_service, customer, cast, server):
    await (await new_customer(server, cast)).listens(URL)

    request = ListWebhookEndpointsRequest(organization_id=customer.organization_id)

    assert (await webhooks_service.ListWebhookEndpoints(request, metadata=customer.metadata)).total_size == 0


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"order_by": "url"}, {"order_by": "INVALID_ORDER_BY"}),
        ({"page_size": -1}, {"page_size": "INVALID_PAGE_SIZE"}),
        ({"page_token": "x"}, {"page_token": "INVALID_PAGE_TOKEN"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(webhooks_service, customer, fields, violations):
    request = ListWebhookEndpointsRequest(organization_id=customer.organization_id, **fields)

    refused = await refusal(webhooks_service.ListWebhookEndpoints(request, metadata=customer.metadata))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)


async def test_a_plain_member_may_not_look(webhooks_service, customer, cast):
    endpoint = await customer.listens(URL)
    member = await cast.member(customer.organization_id)
    request = GetWebhookEndpointRequest(organization_id=customer.organization_id, id=endpoint.id)
    listing = ListWebhookEndpointsRequest(organization_id=customer.organization_id)

    refused = await refusal(webhooks_service.GetWebhookEndpoint(request, metadata=member.metadata))
    also_refused = await refusal(webhooks_service.ListWebhookEndpoints(listing, metadata=member.metadata))

    assert (refused.reason, also_refused.reason) == ("ROLE_REQUIRED", "ROLE_REQUIRED")
