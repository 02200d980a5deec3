"""ListAudits: the stored audits of all organizations, in testing builds."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from tenantry.audits.v1.audits_service_pb2 import DeliverAuditsRequest, ListAuditsRequest

from server.kernel import ids
from server.kernel.rpc.times import to_timestamp
from tests.harness import refusal
from tests.messages import message


@pytest.fixture
def organization_id():
    return ids.new_id("org")


@pytest.fixture
def deliver(audits_service, server, organization_id):
    async def call(*codes, tenant=organization_id):
        messages = [message(TenantId=tenant, AuditCode=code) for code in codes]
        await audits_service.DeliverAudits(DeliverAuditsRequest(messages=messages), metadata=server.as_service())

    return call


@pytest.fixture
def codes(audits_service, organization_id):
    async def of(**fields):
        request = ListAuditsRequest(**{"organization_id": organization_id} | fields)
        return [audit.audit_code for audit in (await audits_service.ListAudits(request)).audits]

    return of


async def test_anybody_sees_the_audits_of_all_organizations_oldest_first(audits_service, deliver, organization_id):
    await deliver("First")
    await deliver("Second", tenant=ids.new_id("org"))
    await deliver("Third", tenant=None)

    answer = await audits_service.ListAudits(ListAuditsRequest(page_size=1000))

    found = [audit for audit in answer.audits if audit.audit_code in {"First", "Second", "Third"}]
    assert [audit.audit_code for audit in found][-3:] == ["First", "Second", "Third"]
    assert not found[-1].HasField("organization_id")
    assert answer.total_size == len(answer.audits)


async def test_pages_follow_each_other_in_the_order_asked_for(audits_service, deliver, organization_id):
    await deliver("B", "A", "C")
    request = ListAuditsRequest(organization_id=organization_id, page_size=2, order_by="audit_code desc")

    first = await audits_service.ListAudits(request)
    request.page_token = first.next_page_token
    second = await audits_service.ListAudits(request)

    assert [[audit.audit_code for audit in page.audits] for page in (first, second)] == [["C", "B"], ["A"]]
    assert (first.total_size, second.next_page_token) == (3, "")


async def test_only_later_ones_than_asked_for_are_listed(codes, deliver, server):
    await deliver("Now")

    assert await codes(since_at=to_timestamp(datetime.now(UTC) - timedelta(minutes=1))) == ["Now"]
    assert await codes(since_at=to_timestamp(datetime.now(UTC) + timedelta(minutes=1))) == []
    server.clock.advance(timedelta(days=13))
    assert await codes() == ["Now"]
    server.clock.advance(timedelta(days=1, minutes=1))
    assert await codes() == []


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"since_at": to_timestamp(datetime.now(UTC) + timedelta(hours=3))}, {"since_at": "SINCE_TOO_FUTURE"}),
        ({"organization_id": "acme"}, {"organization_id": "INVALID_ID"}),
        ({"organization_id": ids.new_id("user")}, {"organization_id": "INVALID_ID"}),
        ({"page_size": -1}, {"page_size": "INVALID_PAGE_SIZE"}),
        ({"page_token": "x"}, {"page_token": "INVALID_PAGE_TOKEN"}),
        ({"order_by": "against_id"}, {"order_by": "INVALID_ORDER_BY"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(audits_service, fields, violations):
    refused = await refusal(audits_service.ListAudits(ListAuditsRequest(**fields)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == violations


async def test_the_hour_is_the_first_instant_that_is_too_far(audits_service, server):
    now = datetime.now(UTC)
    server.clock.stop_at(now)

    await audits_service.ListAudits(
        ListAuditsRequest(since_at=to_timestamp(now + timedelta(hours=1) - datetime.resolution))
    )
    refused = await refusal(
        audits_service.ListAudits(ListAuditsRequest(since_at=to_timestamp(now + timedelta(hours=1))))
    )

    assert refused.violations == {"since_at": "SINCE_TOO_FUTURE"}
