"""DeliverEmails: queued mails are handed to the gateway, here the capture store."""

import asyncio
import json
from datetime import timedelta

import grpc
import pytest
from tenantry.emails.v1.email_pb2 import EMAIL_STATUS_CREATED, EMAIL_STATUS_SENT, Email
from tenantry.emails.v1.emails_service_pb2 import DeliverEmailsRequest

from server.kernel import ids
from tests.emails import mails
from tests.emails.mails import ATTEMPTED, CREATED, SUCCEEDED, deliver, events, find, html, templated
from tests.harness import refusal
from tests.messages import DELIVERED, REFUSED, RETRY_LATER, UNREADABLE, message


async def test_a_mail_is_sent_as_it_was_queued(server):
    # given
    organization_id, message_id = ids.new_id("org"), ids.new_id("msg")
    text = html(message_id, envelope={"TenantId": organization_id}, Tags=["welcome", "first.mail-1_x"])

    # when
    results = await deliver(server, text)

    # then
    assert results == [(DELIVERED, "")]
    email = await find(server, message_id)
    assert email.id == ids.with_prefix("emaildelivery", message_id)
    assert email.organization_id == organization_id
    assert (email.subject, email.body) == ("Welcome", "<p>Hello &amp; welcome</p>")
    assert (email.to_email_address, email.to_display_name) == ("ada@example.com", "Ada Lovelace")
    assert list(email.tags) == ["welcome", "first.mail-1_x"]
    assert (email.status, email.is_sent, email.is_delivered) == (EMAIL_STATUS_SENT, True, False)
    assert email.receipt_id == ids.with_prefix("receipt", message_id)
    assert len(email.attempted_at) == 1
    assert email.attempted_at[0].ToDatetime() <= email.sent_at.ToDatetime()
    assert await events(server, message_id) == [*CREATED, ATTEMPTED, SUCCEEDED]


async def test_events_say_nothing_of_what_the_mail_says_and_to_whom(server):
    message_id = ids.new_id("msg")

    await deliver(server, html(message_id, Subject="Secret subject", Body="Secret body"))

    sql = "SELECT data::text FROM kernel.event WHERE aggregate_id = $1"
    said = " ".join(row["data"] for row in await server.rows(sql, ids.decode("msg", message_id)))
    assert message_id in said
    assert "welcome" in said
    assert not any(word in said for word in ("Secret", "ada", "Ada", "example"))


async def test_each_mail_is_handled_under_the_id_of_the_call_that_queued_it(server):
    one, other = ids.new_id("msg"), ids.new_id("msg")

    await deliver(
        server, html(one, envelope={"CallId": "call-number-one"}), html(other, envelope={"CallId": "call-number-two"})
    )

    sql = "SELECT DISTINCT call_id FROM kernel.event WHERE aggregate_id = $1"
    found = [await server.rows(sql, ids.decode("msg", message_id)) for message_id in (one, other)]
    assert [[row["call_id"] for row in rows] for rows in found] == [["call-number-one"], ["call-number-two"]]


async def test_a_mail_from_a_template_has_no_body(server):
    message_id = ids.new_id("msg")

    assert await deliver(server, templated(message_id)) == [(DELIVERED, "")]

    email = await find(server, message_id)
    assert (email.subject, email.body, email.is_sent) == ("", "", True)
    sql = "SELECT template_id, substitutions FROM emails.captured_mail WHERE id = $1"
    [row] = await server.rows(sql, ids.decode("msg", message_id))
    assert (row["template_id"], json.loads(row["substitutions"])) == ("welcome", {"firstName": "Ada"})


async def test_addresses_are_kept_in_their_normal_form(server):
    message_id = ids.new_id("msg")

    await deliver(server, html(message_id, ToEmailAddress=" Ada@BÜCHER.Example "))

    assert (await find(server, message_id)).to_email_address == "ada@xn--bcher-kva.example"


async def test_what_was_sent_is_delivered_and_not_sent_again(server):
    message_id = ids.new_id("msg")
    await deliver(server, html(message_id))
    first = await find(server, message_id)

    together = await deliver(server, html(message_id), html(message_id, Subject="Other"))

    assert together == [(DELIVERED, "")] * 2
    assert await find(server, message_id) == first
    assert await events(server, message_id) == [*CREATED, ATTEMPTED, SUCCEEDED]


async def test_a_message_twice_in_one_batch_is_sent_once(server):
    message_id = ids.new_id("msg")

    assert await deliver(server, html(message_id), html(message_id)) == [(DELIVERED, "")] * 2

    assert await events(server, message_id) == [*CREATED, ATTEMPTED, SUCCEEDED]


async def test_while_somebody_is_at_the_gateway_others_try_later(server):
    # given
    message_id = ids.new_id("msg")
    await deliver(server, html(message_id))
    sql = (
        "UPDATE emails.email_delivery SET sent_at = NULL, receipt_id = NULL, sending_until = now() + interval '30 s' "
        "WHERE id = $1"
    )
    await server.rows(sql, ids.decode("msg", message_id))

    # when
    results = await deliver(server, html(message_id))

    # then
    assert results == [(RETRY_LATER, "DELIVERY_IN_PROGRESS")]
    email = await find(server, message_id)
    assert (email.status, len(email.attempted_at)) == (EMAIL_STATUS_CREATED, 1)

    # and when the mark has run out
    server.clock.advance(timedelta(seconds=31))
    assert await deliver(server, html(message_id)) == [(DELIVERED, "")]
    email = await find(server, message_id)
    assert email.is_sent
    assert email.attempted_at[0].ToDatetime() < email.attempted_at[1].ToDatetime()


async def test_ten_calls_with_one_mail_at_once_make_one_attempt(server):
    message_id = ids.new_id("msg")

    answers = await asyncio.gather(*(deliver(server, html(message_id)) for _ in range(10)))

    assert {result for [result] in answers} <= {(DELIVERED, ""), (RETRY_LATER, "DELIVERY_IN_PROGRESS")}
    assert [(DELIVERED, "")] in answers
    assert await events(server, message_id) == [*CREATED, ATTEMPTED, SUCCEEDED]
    assert (
        len(await server.rows("SELECT 1 FROM emails.captured_mail WHERE id = $1", ids.decode("msg", message_id))) == 1
    )


async def test_a_sensitive_mail_is_erased_once_sent_and_only_the_capture_store_has_it(server):
    message_id = ids.new_id("msg")

    await deliver(server, html(message_id, envelope={"Sensitive": True}, Body="<p>one-time code 123456</p>"))

    [row] = await server.rows("SELECT body FROM emails.email_delivery WHERE id = $1", ids.decode("msg", message_id))
    assert row["body"] == ""
    email = await find(server, message_id)
    assert (email.body, email.is_redacted) == ("<p>one-time code 123456</p>", False)


async def test_a_sensitive_mail_is_redacted_where_the_gateway_is_not_our_own(server):
    message_id = ids.new_id("msg")
    await deliver(server, html(message_id, envelope={"Sensitive": True}))
    await server.rows("DELETE FROM emails.captured_mail WHERE id = $1", ids.decode("msg", message_id))

    email = await find(server, message_id)

    assert (email.subject, email.body, email.is_redacted) == ("Welcome", "", True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (message(), "EMAIL_MISSING_MESSAGE"),
        (message(Html=None, Template=None), "EMAIL_MISSING_MESSAGE"),
        (message(Html={}, Template={}), "EMAIL_AMBIGUOUS_MESSAGE"),
        (message(Html="hello"), "INVALID_QUEUED_MESSAGE"),
        (html(ToEmailAddress=None), "INVALID_EMAIL_ADDRESS"),
        (html(ToEmailAddress="ada"), "INVALID_EMAIL_ADDRESS"),
        (html(ToEmailAddress="ada@localhost"), "INVALID_EMAIL_ADDRESS"),
        (html(ToEmailAddress="ada@example.com\r\nBcc: eve@example.com"), "INVALID_EMAIL_ADDRESS"),
        (html(ToEmailAddress="ada@example.com, eve@example.com"), "INVALID_EMAIL_ADDRESS"),
        (html(ToEmailAddress="a" * 310 + "@example.com"), "INVALID_EMAIL_ADDRESS"),
        (html(FromEmailAddress="@tenantry.example"), "INVALID_EMAIL_ADDRESS"),
        (html(ToDisplayName=""), "INVALID_DISPLAY_NAME"),
        (html(FromDisplayName="  "), "INVALID_DISPLAY_NAME"),
        (html(Subject=""), "EMAIL_MISSING_SUBJECT"),
        (html(Body=None), "EMAIL_MISSING_BODY"),
        (html(Subject=1), "INVALID_QUEUED_MESSAGE"),
        (html(Body="\0"), "INVALID_QUEUED_MESSAGE"),
        (html(Tags=["ok!"]), "INVALID_TAG"),
        (html(Tags=["ab"]), "INVALID_TAG"),
        (html(Tags=["welcome", "x" * 101]), "INVALID_TAG"),
        (html(Tags="welcome"), "INVALID_QUEUED_MESSAGE"),
        (templated(TemplateId=""), "EMAIL_MISSING_TEMPLATE_ID"),
        (templated(Substitutions={"year": 2023}), "INVALID_QUEUED_MESSAGE"),
        (templated(ToEmailAddress=""), "INVALID_EMAIL_ADDRESS"),
    ],
)
async def test_a_mail_that_breaks_a_rule_is_refused_and_leaves_nothing_behind(server, text, reason):
    assert await deliver(server, text) == [(REFUSED, reason)]

    assert await find(server, json.loads(text)["MessageId"]) == Email()


@pytest.mark.parametrize("case", UNREADABLE)
async def test_what_cannot_be_read_is_refused(server, case):
    text, reason = UNREADABLE[case]

    assert await deliver(server, text) == [(REFUSED, reason)]


@pytest.mark.parametrize("message_id", [None, ""])
async def test_a_mail_without_a_message_id_is_refused(server, message_id):
    text = json.dumps(json.loads(html()) | {"MessageId": message_id})

    assert await deliver(server, text) == [(REFUSED, "INVALID_MESSAGE_ID")]


async def test_the_good_messages_of_a_batch_are_sent_whatever_the_others(server):
    good = [ids.new_id("msg") for _ in range(3)]

    results = await deliver(server, html(good[0]), "{", html(good[1]), html(Tags=["!"]), message(), html(good[2]))

    assert results == [
        (DELIVERED, ""),
        (REFUSED, "INVALID_QUEUED_MESSAGE"),
        (DELIVERED, ""),
        (REFUSED, "INVALID_TAG"),
        (REFUSED, "EMAIL_MISSING_MESSAGE"),
        (DELIVERED, ""),
    ]
    assert all([(await find(server, message_id)).is_sent for message_id in good])


async def test_a_hundred_mails_are_taken(server):
    assert await deliver(server, *(html() for _ in range(100))) == [(DELIVERED, "")] * 100


@pytest.mark.parametrize("count", [0, 101])
async def test_no_message_and_too_many_are_refused(server, count):
    refused = await refusal(deliver(server, *(html() for _ in range(count))))

    assert (refused.code, refused.violations) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        {"messages": "INVALID_MESSAGES"},
    )


async def test_only_service_accounts_may(emails_service, cast, server):
    text = mails.html()
    request = DeliverEmailsRequest(messages=[text])
    member = await cast.member(ids.new_id("org"))
    operator = await cast.member(platform_roles=("platform_operations",))

    nobody = await refusal(emails_service.DeliverEmails(request))
    people = [await refusal(emails_service.DeliverEmails(request, metadata=who.metadata)) for who in (member, operator)]

    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert {(each.code, each.reason) for each in people} == {(grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")}
    assert await find(server, json.loads(text)["MessageId"]) == Email()
