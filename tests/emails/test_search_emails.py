"""SearchEmails: the mails of all organizations, for operators."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
import pytest_asyncio
from tenantry.emails.v1 import email_pb2
from tenantry.emails.v1.emails_service_pb2 import (
    ConfirmEmailDeliveredRequest,
    ConfirmEmailDeliveryFailedRequest,
    SearchEmailsRequest,
)

from server.kernel import ids
from server.kernel.rpc.times import to_timestamp
from tests.emails.mail_server import MailServer, serving
from tests.emails.mails import deliver, html
from tests.harness import refusal


@pytest_asyncio.fixture
async def operator(cast):
    return await cast.member(platform_roles=("platform_operations",))


@pytest.fixture
def organization_id():
    return ids.new_id("org")


@pytest.fixture
def send(server, organization_id):
    async def call(subject, to=server, **changes):
        message_id = ids.new_id("msg")
        await deliver(to, html(message_id, envelope={"TenantId": organization_id}, Subject=subject, **changes))
        return message_id

    return call


@pytest.fixture
def search(emails_service, operator, organization_id):
    async def call(**fields):
        request = SearchEmailsRequest(**{"organization_id": organization_id} | fields)
        answer = await emails_service.SearchEmails(request, metadata=operator.metadata)
        assert answer.total_size == len(answer.emails)
        return [email.subject for email in answer.emails]

    return call


async def test_an_operator_sees_every_organization_and_none(server, emails_service, operator):
    of_one, of_none = ids.new_id("msg"), ids.new_id("msg")
    await deliver(server, html(of_one, envelope={"TenantId": ids.new_id("org")}), html(of_none))

    for message_id in (of_one, of_none):
        request = SearchEmailsRequest(message_id=message_id)
        [email] = (await emails_service.SearchEmails(request, metadata=operator.metadata)).emails
        assert (email.message_id, email.body) == (message_id, "<p>Hello &amp; welcome</p>")


async def test_mails_are_found_between_two_instants(send, search, server):
    now = datetime.now(UTC)
    for minutes in (0, 1, 2):
        server.clock.stop_at(now + timedelta(minutes=minutes))
        await send(f"{minutes}")

    def at(minutes):
        return to_timestamp(now + timedelta(minutes=minutes))

    assert await search(until_at=at(2)) == ["0", "1"]
    assert await search(since_at=at(0), until_at=at(2)) == ["1"]
    assert await search(since_at=at(0)) == ["1", "2"]
    assert await search(since_at=at(0), until_at=at(1)) == []


async def test_mails_are_found_by_where_they_stand(send, search, serve, emails_service, server):
    # given one of each
    receipts = {
        name: ids.with_prefix("receipt", await send(name)) for name in ("Sent", "Delivered", "Bounced", "Created")
    }
    await emails_service.ConfirmEmailDelivered(ConfirmEmailDeliveredRequest(receipt_id=receipts["Delivered"]))
    bounced = ConfirmEmailDeliveryFailedRequest(receipt_id=receipts["Bounced"])
    await emails_service.ConfirmEmailDeliveryFailed(bounced)
    sql = "UPDATE emails.email_delivery SET sent_at = NULL, status = 'created' WHERE receipt_id = $1"
    await server.rows(sql, receipts["Created"])
    settings = {"email_gateway": "smtp", "smtp_host": "127.0.0.1", "smtp_tls": "none"}
    async with (
        serving(MailServer(answer_to_data="451 later")) as mail_server,
        serve(**settings, smtp_port=mail_server.port, sender_email_address="a@b.example") as failing,
    ):
        await send("Failed", to=failing)

    # then
    assert await search(status=email_pb2.EMAIL_STATUS_SENT) == ["Sent"]
    assert await search(status=email_pb2.EMAIL_STATUS_DELIVERED) == ["Delivered"]
    assert await search(status=email_pb2.EMAIL_STATUS_DELIVERY_FAILED) == ["Bounced"]
    assert await search(status=email_pb2.EMAIL_STATUS_CREATED) == ["Created"]
    assert await search(status=email_pb2.EMAIL_STATUS_SENDING_FAILED) == ["Failed"]
    assert len(await search()) == 5


async def test_mails_are_found_by_their_recipient_in_any_spelling(send, search):
    await send("To Ada", ToEmailAddress="ada@bücher.example")
    await send("To another Ada", ToEmailAddress="ada2@bücher.example")

    assert await search(to_email_address=" ADA@Bücher.example ") == ["To Ada"]
    assert await search(to_email_address="ada@example.com") == []


async def test_mails_are_found_by_tags_and_message(send, search):
    one = await send("One", Tags=["tag", "other"])
    await send("Two", Tags=["tag"])

    assert await search(tags=["tag", "other"]) == ["One"]
    assert await search(message_id=one) == ["One"]
    assert await search(message_id=ids.new_id("msg")) == []
    assert await search(message_id=one, organization_id=ids.new_id("org")) == []


async def test_pages_follow_each_other(send, emails_service, operator, organization_id):
    for number in range(3):
        await send(f"Mail {number}")
    request = SearchEmailsRequest(organization_id=organization_id, page_size=2, order_by="created_at desc")

    first = await emails_service.SearchEmails(request, metadata=operator.metadata)
    request.page_token = first.next_page_token
    second = await emails_service.SearchEmails(request, metadata=operator.metadata)

    assert [email.subject for email in [*first.emails, *second.emails]] == ["Mail 2", "Mail 1", "Mail 0"]
    assert (first.total_size, second.next_page_token) == (3, "")

    # and a token is good for its own question only
    request.status = email_pb2.EMAIL_STATUS_SENT
    refused = await refusal(emails_service.SearchEmails(request, metadata=operator.metadata))
    assert refused.violations == {"page_token": "INVALID_PAGE_TOKEN"}


_NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"since_at": to_timestamp(_NOW + timedelta(hours=3))}, {"since_at": "SINCE_TOO_FUTURE"}),
        ({"until_at": to_timestamp(_NOW - timedelta(days=15))}, {"until_at": "INVALID_UNTIL"}),
        ({"since_at": to_timestamp(_NOW), "until_at": to_timestamp(_NOW)}, {"until_at": "INVALID_UNTIL"}),
        ({"organization_id": "acme"}, {"organization_id": "INVALID_ID"}),
        ({"message_id": ids.new_id("org")}, {"message_id": "INVALID_ID"}),
        ({"tags": ["good", "b!d"]}, {"tags[1]": "INVALID_TAG"}),
        ({"status": 99}, {"status": "INVALID_STATUS"}),
        ({"to_email_address": "ada"}, {"to_email_address": "INVALID_EMAIL_ADDRESS"}),
        ({"to_email_address": "x" * 321 + "@example.com"}, {"to_email_address": "INVALID_EMAIL_ADDRESS"}),
        ({"page_size": -1}, {"page_size": "INVALID_PAGE_SIZE"}),
        ({"page_token": "x"}, {"page_token": "INVALID_PAGE_TOKEN"}),
        ({"order_by": "subject"}, {"order_by": "INVALID_ORDER_BY"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(emails_service, operator, fields, violations):
    refused = await refusal(emails_service.SearchEmails(SearchEmailsRequest(**fields), metadata=operator.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == violations


async def test_only_operators_may(emails_service, cast, server):
    member = await cast.member(ids.new_id("org"))

    nobody = await refusal(emails_service.SearchEmails(SearchEmailsRequest()))
    others = [
        await refusal(emails_service.SearchEmails(SearchEmailsRequest(), metadata=metadata))
        for metadata in (member.metadata, server.as_service())
    ]

    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert {(each.code, each.reason) for each in others} == {(grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")}
