"""ListWebhookAttempts: what was tried in the last 30 days, and how it ended."""

from datetime import timedelta

import grpc
import pytest
from tenantry.webhooks.v1.webhooks_service_pb2 import ListWebhookAttemptsRequest

from server.kernel import ids
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.ids import new_id
from tests.harness import refusal


async def test_the_latest_come_first_in_pages(webhooks_service, customer, receiver):
    # given
    endpoint = await customer.listens(receiver.url())
    tests = []
    for _ in range(5):
        tests.append(await customer.test(endpoint.id))
        await customer.drain()

    # when
    request = ListWebhookAttemptsRequest(organization_id=customer.organization_id, id=endpoint.id, page_size=2)
    found = []
    while True:
        page = await webhooks_service.ListWebhookAttempts(request, metadata=customer.metadata)
        assert page.total_size == 5
        found += [attempt.event_id for attempt in page.attempts]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    # then
    assert found == tests[::-1]
    assert [each.event_id for each in await customer.attempts(endpoint.id, order_by="attempted_at")] == tests


async def test_failed_ones_alone_may_be_asked_for(customer, receiver):
    endpoint = await customer.listens(receiver.url())
    bad = await customer.test(endpoint.id)
    receiver.refused.add(bad)
    await customer.drain()
    await customer.test(endpoint.id)
    await customer.drain()

    failed = await customer.attempts(endpoint.id, failed_only=True)

    assert {attempt.event_id for attempt in failed} == {bad}
    assert len(failed) == 2
    assert len(await customer.attempts(endpoint.id)) == 3


async def test_an_attempt_is_kept_for_thirty_days(customer, receiver, server):
    # given
    endpoint = await customer.listens(receiver.url())
    await customer.test(endpoint.id)
    await customer.drain()
    sql = "SELECT 1 FROM webhooks.attempt WHERE endpoint_id = $1"

    # when
    server.clock.advance(timedelta(days=30) - timedelta(minutes=1))
    await _keep_house(server)
    assert len(await customer.attempts(endpoint.id)) == 1
    server.clock.advance(timedelta(minutes=2))

    # then it is out of the list at once, and of the table within a day
    assert await customer.attempts(endpoint.id) == []
    server.clock.advance(timedelta(days=1))
    await _keep_house(server)
    assert await server.rows(sql, ids.decode("endpoint", endpoint.id)) == []


@pytest.mark.parametrize("order_by", ["event_id", "attempted_at down"])
async def test_a_field_outside_its_rule_is_refused(webhooks_service, customer, receiver, order_by):
    endpoint = await customer.listens(receiver.url())
    request = ListWebhookAttemptsRequest(organization_id=customer.organization_id, id=endpoint.id, order_by=order_by)

    refused = await refusal(webhooks_service.ListWebhookAttempts(request, metadata=customer.metadata))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, {"order_by": "INVALID_ORDER_BY"})


async def test_an_unknown_endpoint_is_not_there_and_a_plain_member_may_not(webhooks_service, customer, cast):
    request = ListWebhookAttemptsRequest(organization_id=customer.organization_id, id=new_id("endpoint"))
    member = await cast.member(customer.organization_id)

    unknown = await refusal(webhooks_service.ListWebhookAttempts(request, metadata=customer.metadata))
    refused = await refusal(webhooks_service.ListWebhookAttempts(request, metadata=member.metadata))

    assert (unknown.code, unknown.reason) == (grpc.StatusCode.NOT_FOUND, "WEBHOOK_ENDPOINT_NOT_FOUND")
    assert refused.reason == "ROLE_REQUIRED"


async def _keep_house(server):
    set_current_call(service_call("call-of-a-test"))
    for subdomain in server.app.subdomains:
        if subdomain.name == "webhooks":
            for work in subdomain.housekeeping:
                await work()
