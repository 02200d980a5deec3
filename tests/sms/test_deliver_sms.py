"""DeliverSms: queued SMS are handed to the gateway, here the capture store."""

import asyncio
import json
from datetime import timedelta

import grpc
import pytest
from tenantry.sms.v1.sms_pb2 import SMS_STATUS_CREATED, SMS_STATUS_SENT, Sms
from tenantry.sms.v1.sms_service_pb2 import DeliverSmsRequest

from server.kernel import ids
from tests.harness import refusal
from tests.messages import DELIVERED, REFUSED, RETRY_LATER, UNREADABLE, message
from tests.sms.texts import ADA, SENT, deliver, events, find, text


async def test_an_sms_is_sent_as_it_was_queued(server):
    # given
    organization_id, message_id = ids.new_id("org"), ids.new_id("msg")

    # when
    results = await deliver(server, text(message_id, envelope={"TenantId": organization_id}, Tags=["mfa", "a.b-1_x"]))

    # then
    assert results == [(DELIVERED, "")]
    sms = await find(server, message_id)
    assert sms.id == ids.with_prefix("smsdelivery", message_id)
    assert sms.organization_id == organization_id
    assert (sms.body, sms.to_phone_number) == ("Hello & welcome", ADA)
    assert list(sms.tags) == ["mfa", "a.b-1_x"]
    assert (sms.status, sms.is_sent, sms.is_delivered, sms.is_delivery_failed) == (SMS_STATUS_SENT, True, False, False)
    assert sms.receipt_id == ids.with_prefix("receipt", message_id)
    assert len(sms.attempted_at) == 1
    assert sms.attempted_at[0].ToDatetime() <= sms.sent_at.ToDatetime()
    assert await events(server, message_id) == SENT


async def test_events_say_nothing_of_what_the_sms_says_and_to_whom(server):
    message_id = ids.new_id("msg")

    await deliver(server, text(message_id, Body="Secret body"))

    sql = "SELECT data::text FROM kernel.event WHERE aggregate_id = $1"
    said = " ".join(row["data"] for row in await server.rows(sql, ids.decode("msg", message_id)))
    assert message_id in said
    assert "welcome" in said
    assert not any(word in said for word in ("Secret", ADA.lstrip("+")))


async def test_each_sms_is_handled_under_the_id_of_the_call_that_queued_it(server):
    one, other = ids.new_id("msg"), ids.new_id("msg")

    await deliver(
        server, text(one, envelope={"CallId": "call-number-one"}), text(other, envelope={"CallId": "call-number-two"})
    )

    sql = "SELECT DISTINCT call_id FROM kernel.event WHERE aggregate_id = $1"
    found = [await server.rows(sql, ids.decode("msg", message_id)) for message_id in (one, other)]
    assert [[row["call_id"] for row in rows] for rows in found] == [["call-number-one"], ["call-number-two"]]


async def test_numbers_are_kept_in_their_normal_form(server):
    message_id = ids.new_id("msg")

    await deliver(server, text(message_id, ToPhoneNumber="+64 (21) 300-033"))

    assert (await find(server, message_id)).to_phone_number == ADA


async def test_what_was_sent_is_delivered_and_not_sent_again(server):
    message_id = ids.new_id("msg")
    await deliver(server, text(message_id))
    first = await find(server, message_id)

    together = await deliver(server, text(message_id), text(message_id, Body="Other"))

    assert together == [(DELIVERED, "")] * 2
    assert await find(server, message_id) == first
    assert await events(server, message_id) == SENT


async def test_a_message_twice_in_one_batch_is_sent_once(server):
    message_id = ids.new_id("msg")

    assert await deliver(server, text(message_id), text(message_id)) == [(DELIVERED, "")] * 2

    assert await events(server, message_id) == SENT


async def test_while_somebody_is_at_the_gateway_others_try_later(server):
    # given
    message_id = ids.new_id("msg")
    await deliver(server, text(message_id))
    sql = (
        "UPDATE sms.sms_delivery SET status = 'created', sent_at = NULL, receipt_id = NULL, "
        "sending_until = now() + interval '30 s' WHERE id = $1"
    )
    await server.rows(sql, ids.decode("msg", message_id))

    # when
    results = await deliver(server, text(message_id))

    # then
    assert results == [(RETRY_LATER, "DELIVERY_IN_PROGRESS")]
    sms = await find(server, message_id)
    assert (sms.status, len(sms.attempted_at)) == (SMS_STATUS_CREATED, 1)

    # and when the mark has run out
    server.clock.advance(timedelta(seconds=31))
    assert await deliver(server, text(message_id)) == [(DELIVERED, "")]
    sms = await find(server, message_id)
    assert sms.is_sent
    assert sms.attempted_at[0].ToDatetime() < sms.attempted_at[1].ToDatetime()


async def test_ten_calls_with_one_sms_at_once_make_one_attempt(server):
    message_id = ids.new_id("msg")

    answers = await asyncio.gather(*(deliver(server, text(message_id)) for _ in range(10)))

    assert {result for [result] in answers} <= {(DELIVERED, ""), (RETRY_LATER, "DELIVERY_IN_PROGRESS")}
    assert [(DELIVERED, "")] in answers
    assert await events(server, message_id) == SENT


async def test_a_sensitive_sms_is_erased_once_sent_and_only_the_capture_store_has_it(server):
    message_id = ids.new_id("msg")

    await deliver(server, text(message_id, envelope={"Sensitive": True}, Body="Your code is 123456"))

    [row] = await server.rows("SELECT body FROM sms.sms_delivery WHERE id = $1", ids.decode("msg", message_id))
    assert row["body"] == ""
    sms = await find(server, message_id)
    assert (sms.body, sms.is_redacted) == ("Your code is 123456", False)


async def test_a_sensitive_sms_is_redacted_where_the_gateway_is_not_our_own(server):
    message_id = ids.new_id("msg")
    await deliver(server, text(message_id, envelope={"Sensitive": True}))
    await server.rows("DELETE FROM sms.captured_sms WHERE id = $1", ids.decode("msg", message_id))

    sms = await find(server, message_id)

    assert (sms.body, sms.is_redacted, sms.to_phone_number) == ("", True, ADA)


@pytest.mark.parametrize(
    ("queued", "reason"),
    [
        (message(), "SMS_MISSING_MESSAGE"),
        (message(Message=None), "SMS_MISSING_MESSAGE"),
        (message(Message="hello"), "INVALID_QUEUED_MESSAGE"),
        (text(ToPhoneNumber=None), "INVALID_PHONE_NUMBER"),
        (text(ToPhoneNumber=""), "INVALID_PHONE_NUMBER"),
        (text(ToPhoneNumber="021 300 033"), "INVALID_PHONE_NUMBER"),
        (text(ToPhoneNumber="6421300033"), "INVALID_PHONE_NUMBER"),
        (text(ToPhoneNumber="+64"), "INVALID_PHONE_NUMBER"),
        (text(ToPhoneNumber="+642130003300000000"), "INVALID_PHONE_NUMBER"),
        (text(ToPhoneNumber="+6421300033\n+6421300034"), "INVALID_PHONE_NUMBER"),
        (text(ToPhoneNumber=6421300033), "INVALID_QUEUED_MESSAGE"),
        (text(Body=""), "SMS_MISSING_BODY"),
        (text(Body=None), "SMS_MISSING_BODY"),
        (text(Body=" \n"), "SMS_MISSING_BODY"),
        (text(Body=1), "INVALID_QUEUED_MESSAGE"),
        (text(Body="\0"), "INVALID_QUEUED_MESSAGE"),
        (text(Tags=["ok!"]), "INVALID_TAG"),
        (text(Tags=["ab"]), "INVALID_TAG"),
        (text(Tags=["welcome", "x" * 101]), "INVALID_TAG"),
        (text(Tags="welcome"), "INVALID_QUEUED_MESSAGE"),
    ],
)
async def test_an_sms_that_breaks_a_rule_is_refused_and_leaves_nothing_behind(server, queued, reason):
    assert await deliver(server, queued) == [(REFUSED, reason)]

    assert await find(server, json.loads(queued)["MessageId"]) == Sms()


@pytest.mark.parametrize("case", UNREADABLE)
async def test_what_cannot_be_read_is_refused(server, case):
    queued, reason = UNREADABLE[case]

    assert await deliver(server, queued) == [(REFUSED, reason)]


@pytest.mark.parametrize("message_id", [None, ""])
async def test_an_sms_without_a_message_id_is_refused(server, message_id):
    queued = json.dumps(json.loads(text()) | {"MessageId": message_id})

    assert await deliver(server, queued) == [(REFUSED, "INVALID_MESSAGE_ID")]


async def test_the_good_messages_of_a_batch_are_sent_whatever_the_others(server):
    good = [ids.new_id("msg") for _ in range(3)]

    results = await deliver(server, text(good[0]), "{", text(good[1]), text(Tags=["!"]), message(), text(good[2]))

    assert results == [
        (DELIVERED, ""),
        (REFUSED, "INVALID_QUEUED_MESSAGE"),
        (DELIVERED, ""),
        (REFUSED, "INVALID_TAG"),
        (REFUSED, "SMS_MISSING_MESSAGE"),
        (DELIVERED, ""),
    ]
    assert all([(await find(server, message_id)).is_sent for message_id in good])


async def test_a_hundred_sms_are_taken(server):
    assert await deliver(server, *(text() for _ in range(100))) == [(DELIVERED, "")] * 100


@pytest.mark.parametrize("count", [0, 101])
async def test_no_message_and_too_many_are_refused(server, count):
    refused = await refusal(deliver(server, *(text() for _ in range(count))))

    assert (refused.code, refused.violations) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        {"messages": "INVALID_MESSAGES"},
    )


async def test_only_service_accounts_may(sms_service, cast, server):
    queued = text()
    request = DeliverSmsRequest(messages=[queued])
    member = await cast.member(ids.new_id("org"))
    operator = await cast.member(platform_roles=("platform_operations",))

    nobody = await refusal(sms_service.DeliverSms(request))
    people = [await refusal(sms_service.DeliverSms(request, metadata=who.metadata)) for who in (member, operator)]

    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert {(each.code, each.reason) for each in people} == {(grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")}
    assert await find(server, json.loads(queued)["MessageId"]) == Sms()
