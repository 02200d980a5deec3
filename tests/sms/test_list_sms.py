"""ListSms: the SMS of all organizations, in testing builds."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from tenantry.sms.v1.sms_service_pb2 import ListSmsRequest

from server.kernel import ids
from server.kernel.rpc.times import to_timestamp
from tests.harness import refusal
from tests.sms.texts import deliver, text


@pytest.fixture
def organization_id():
    return ids.new_id("org")


@pytest.fixture
def send(server, organization_id):
    async def call(body, *tags):
        await deliver(server, text(envelope={"TenantId": organization_id}, Body=body, Tags=list(tags)))

    return call


@pytest.fixture
def bodies(sms_service, organization_id):
    async def of(**fields):
        request = ListSmsRequest(**{"organization_id": organization_id} | fields)
        return [sms.body for sms in (await sms_service.ListSms(request)).smses]

    return of


async def test_the_oldest_come_first(send, bodies):
    for body in ("First", "Second", "Third"):
        await send(body)

    assert await bodies() == ["First", "Second", "Third"]
    assert await bodies(order_by="sent_at desc") == ["Third", "Second", "First"]


async def test_all_tags_must_match_and_whole_ones(send, bodies):
    await send("Both", "tag", "other")
    await send("One", "tag")
    await send("Longer", "atag1", "other")

    assert await bodies(tags=["tag"]) == ["Both", "One"]
    assert await bodies(tags=["tag", "other"]) == ["Both"]
    assert await bodies(tags=["none"]) == []


async def test_pages_follow_each_other(send, sms_service, organization_id):
    for number in range(5):
        await send(f"SMS {number}")
    request = ListSmsRequest(organization_id=organization_id, page_size=2, order_by="sent_at")
    found = []

    while True:
        page = await sms_service.ListSms(request)
        assert page.total_size == 5
        found += [sms.body for sms in page.smses]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    assert found == [f"SMS {number}" for number in range(5)]


async def test_an_sms_that_is_not_sent_yet_is_listed_last_by_sending_time(send, bodies, server, organization_id):
    await send("Unsent")
    await send("Sent")
    sql = "UPDATE sms.sms_delivery SET sent_at = NULL WHERE body = 'Unsent' AND organization_id = $1"
    await server.rows(sql, ids.decode("org", organization_id))

    assert await bodies() == ["Unsent", "Sent"]
    assert await bodies(order_by="sent_at") == ["Sent", "Unsent"]


async def test_only_later_ones_than_asked_for_are_listed(send, bodies, server):
    await send("Now")

    assert await bodies(since_at=to_timestamp(datetime.now(UTC) - timedelta(minutes=1))) == ["Now"]
    assert await bodies(since_at=to_timestamp(datetime.now(UTC) + timedelta(minutes=1))) == []
    server.clock.advance(timedelta(days=14, minutes=1))
    assert await bodies() == []


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"since_at": to_timestamp(datetime.now(UTC) + timedelta(hours=3))}, {"since_at": "SINCE_TOO_FUTURE"}),
        ({"organization_id": "acme"}, {"organization_id": "INVALID_ID"}),
        ({"tags": ["good", "b!d"]}, {"tags[1]": "INVALID_TAG"}),
        ({"tags": ["x"]}, {"tags[0]": "INVALID_TAG"}),
        ({"page_size": -1}, {"page_size": "INVALID_PAGE_SIZE"}),
        ({"page_token": "x"}, {"page_token": "INVALID_PAGE_TOKEN"}),
        ({"order_by": "body"}, {"order_by": "INVALID_ORDER_BY"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(sms_service, fields, violations):
    refused = await refusal(sms_service.ListSms(ListSmsRequest(**fields)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == violations
