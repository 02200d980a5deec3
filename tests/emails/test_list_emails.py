"""ListEmails: the mails of all organizations, in testing builds."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from tenantry.emails.v1.emails_service_pb2 import ListEmailsRequest

from server.kernel import ids
from server.kernel.rpc.times import to_timestamp
from tests.emails.mails import deliver, html
from tests.harness import refusal


@pytest.fixture
def organization_id():
    return ids.new_id("org")


@pytest.fixture
def send(server, organization_id):
    async def call(subject, *tags):
        text = html(envelope={"TenantId": organization_id}, Subject=subject, Tags=list(tags))
        await deliver(server, text)

    return call


@pytest.fixture
def subjects(emails_service, organization_id):
    async def of(**fields):
        request = ListEmailsRequest(**{"organization_id": organization_id} | fields)
        return [email.subject for email in (await emails_service.ListEmails(request)).emails]

    return of


async def test_the_oldest_come_first(send, subjects):
    for subject in ("First", "Second", "Third"):
        await send(subject)

    assert await subjects() == ["First", "Second", "Third"]
    assert await subjects(order_by="sent_at desc") == ["Third", "Second", "First"]


async def test_all_tags_must_match_and_whole_ones(send, subjects):
    await send("Both", "tag", "other")
    await send("One", "tag")
    await send("Longer", "atag1", "other")

    assert await subjects(tags=["tag"]) == ["Both", "One"]
    assert await subjects(tags=["tag", "other"]) == ["Both"]
    assert await subjects(tags=["none"]) == []


async def test_pages_follow_each_other(send, emails_service, organization_id):
    for number in range(5):
        await send(f"Mail {number}")
    request = ListEmailsRequest(organization_id=organization_id, page_size=2, order_by="sent_at")
    found = []

    while True:
        page = await emails_service.ListEmails(request)
        assert page.total_size == 5
        found += [email.subject for email in page.emails]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    assert found == [f"Mail {number}" for number in range(5)]


async def test_a_mail_that_is_not_sent_yet_is_listed_last_by_sending_time(send, subjects, server, organization_id):
    await send("Unsent")
    await send("Sent")
    sql = "UPDATE emails.email_delivery SET sent_at = NULL WHERE subject = 'Unsent' AND organization_id = $1"
    await server.rows(sql, ids.decode("org", organization_id))

    assert await subjects() == ["Unsent", "Sent"]
    assert await subjects(order_by="sent_at") == ["Sent", "Unsent"]


async def test_only_later_ones_than_asked_for_are_listed(send, subjects, server):
    await send("Now")

    assert await subjects(since_at=to_timestamp(datetime.now(UTC) - timedelta(minutes=1))) == ["Now"]
    assert await subjects(since_at=to_timestamp(datetime.now(UTC) + timedelta(minutes=1))) == []
    server.clock.advance(timedelta(days=14, minutes=1))
    assert await subjects() == []


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"since_at": to_timestamp(datetime.now(UTC) + timedelta(hours=3))}, {"since_at": "SINCE_TOO_FUTURE"}),
        ({"organization_id": "acme"}, {"organization_id": "INVALID_ID"}),
        ({"tags": ["good", "b!d"]}, {"tags[1]": "INVALID_TAG"}),
        ({"tags": ["x"]}, {"tags[0]": "INVALID_TAG"}),
        ({"page_size": -1}, {"page_size": "INVALID_PAGE_SIZE"}),
        ({"page_token": "x"}, {"page_token": "INVALID_PAGE_TOKEN"}),
        ({"order_by": "subject"}, {"order_by": "INVALID_ORDER_BY"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(emails_service, fields, violations):
    refused = await refusal(emails_service.ListEmails(ListEmailsRequest(**fields)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == violations
