"""NotifyMailgunEvent: what Mailgun reports, if it is Mailgun, now and for the first time."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from tenantry.emails.v1.email_pb2 import (
    EMAIL_STATUS_CREATED,
    EMAIL_STATUS_DELIVERED,
    EMAIL_STATUS_DELIVERY_FAILED,
    EMAIL_STATUS_SENT,
)

from server.kernel import ids
from server.kernel.access.caller import WEBHOOK
from tests.emails.mails import COMPLAINED, CONFIRMED, FAILURE_CONFIRMED, SENT, events, find, sent
from tests.emails.reports import notify, report, stored
from tests.harness import refusal

_AT = 1521243339.873676
_THEN = datetime.fromtimestamp(_AT, UTC)
_INVALID = (grpc.StatusCode.UNAUTHENTICATED, "WEBHOOK_SIGNATURE_INVALID")


async def test_a_delivery_is_confirmed_at_the_time_of_the_event(server):
    # given
    message_id, receipt_id = await sent(server)
    body = report("delivered", receipt_id=receipt_id)

    # when
    await notify(server, body)

    # then
    email = await find(server, message_id)
    assert (email.status, email.is_sent, email.is_delivered) == (EMAIL_STATUS_DELIVERED, True, True)
    assert email.delivered_at.ToDatetime(UTC) == _THEN
    assert await events(server, message_id) == [*SENT, CONFIRMED]
    [row] = await stored(server, body)
    assert ids.encode("webhook", row["id"])
    assert (row["source"], row["event_type"], row["status"]) == ("mailgun_email", "delivered", "processed")
    assert json.loads(row["body"]) == body
    [event] = await server.rows(
        "SELECT caller_id, data FROM kernel.event WHERE name = $1 AND aggregate_id = $2",
        CONFIRMED,
        ids.decode("emaildelivery", email.id),
    )
    assert event["caller_id"] == ids.decode("user", WEBHOOK)
    assert json.loads(event["data"])["receipt_id"] == receipt_id


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"delivery-status": {"description": "No such user"}, "reason": "bounce"}, "No such user"),
        ({"delivery-status": {"description": ""}, "reason": "bounce"}, "bounce"),
        ({"delivery-status": "odd", "reason": "suppress-bounce", "severity": "permanent"}, "suppress-bounce"),
        ({"severity": "PERMANENT"}, "none"),
        ({"reason": {"code": 5}}, "none"),
        ({"reason": "nul \0 and \ud800 end"}, "nul \ufffd and \ufffd end"),
        ({"reason": "x" * 5000}, "x" * 1000),
    ],
    ids=str,
)
async def test_a_failure_for_good_is_noted_with_its_reason(server, data, reason):
    message_id, receipt_id = await sent(server)

    await notify(server, report("Failed", receipt_id=f"<{receipt_id}>", **data))

    email = await find(server, message_id)
    assert (email.status, email.is_delivery_failed) == (EMAIL_STATUS_DELIVERY_FAILED, True)
    assert (email.delivery_failed_at.ToDatetime(UTC), email.delivery_failed_reason) == (_THEN, reason)
    assert await events(server, message_id) == [*SENT, FAILURE_CONFIRMED]


async def test_the_address_in_a_reason_is_for_operators_and_not_in_events(server):
    message_id, receipt_id = await sent(server)

    await notify(server, report("failed", receipt_id=receipt_id, reason="550 <ADA@example.com> is unknown"))

    assert (await find(server, message_id)).delivery_failed_reason == "550 <ADA@example.com> is unknown"
    sql = "SELECT data->>'reason' AS reason FROM kernel.event WHERE name = $1 AND aggregate_id = $2"
    [row] = await server.rows(sql, FAILURE_CONFIRMED, ids.decode("msg", message_id))
    assert row["reason"] == "550 <(the recipient)> is unknown"


async def test_a_complaint_is_told_and_changes_nothing(server):
    message_id, receipt_id = await sent(server)

    await notify(server, report("complained", receipt_id=receipt_id))

    assert (await find(server, message_id)).status == EMAIL_STATUS_SENT
    assert await events(server, message_id) == [*SENT, COMPLAINED]

    # and after it was delivered
    await notify(server, report("delivered", receipt_id=receipt_id))
    await notify(server, report("complained", receipt_id=receipt_id))
    assert await events(server, message_id) == [*SENT, COMPLAINED, CONFIRMED, COMPLAINED]


async def test_a_failure_that_turns_out_to_be_none_is_cleared(server):
    message_id, receipt_id = await sent(server)
    await notify(server, report("failed", receipt_id=receipt_id, reason="first"))
    await notify(server, report("failed", receipt_id=receipt_id, reason="second"))
    assert (await find(server, message_id)).delivery_failed_reason == "first"

    await notify(server, report("delivered", receipt_id=receipt_id))

    email = await find(server, message_id)
    assert (email.status, email.is_delivery_failed) == (EMAIL_STATUS_DELIVERED, False)
    assert not email.HasField("delivery_failed_at")
    assert not email.HasField("delivery_failed_reason")

    # and what was delivered stays so
    await notify(server, report("failed", receipt_id=receipt_id))
    await notify(server, report("delivered", receipt_id=receipt_id, timestamp=_AT + 60))
    assert await find(server, message_id) == email
    assert await events(server, message_id) == [*SENT, FAILURE_CONFIRMED, CONFIRMED]


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("failed", {"severity": "temporary"}),
        ("opened", {}),
        ("accepted", {}),
        ("delivered", {"message": {}}),
        ("delivered", {"message": "odd"}),
        ("delivered", {"message": {"headers": {"message-id": 5}}}),
        ("delivered", {"message": {"headers": {"message-id": "somebody-elses@mg.example"}}}),
        ("de\0livered", {}),
    ],
    ids=str,
)
async def test_what_says_nothing_of_a_mail_of_ours_is_processed_and_changes_nothing(server, event, data):
    message_id, receipt_id = await sent(server)
    body = report(event, receipt_id=receipt_id, **data)

    await notify(server, body)

    assert [row["status"] for row in await stored(server, body)] == ["processed"]
    assert await events(server, message_id) == SENT


async def test_a_mail_that_was_not_sent_stays_as_it_is(server):
    message_id, receipt_id = await sent(server)
    sql = "UPDATE emails.email_delivery SET sent_at = NULL, status = 'created' WHERE id = $1"
    await server.rows(sql, ids.decode("msg", message_id))

    for event in ("delivered", "failed", "complained"):
        await notify(server, report(event, receipt_id=receipt_id))

    assert (await find(server, message_id)).status == EMAIL_STATUS_CREATED
    assert await events(server, message_id) == SENT


@pytest.mark.parametrize("timestamp", [None, True, "soon", "inf", 1e300, -62135596800, 0, [1]], ids=str)
async def test_an_event_without_a_time_happened_now(server, timestamp):
    message_id, receipt_id = await sent(server)

    await notify(server, report("delivered", receipt_id=receipt_id, timestamp=timestamp))

    email = await find(server, message_id)
    assert abs(email.delivered_at.ToDatetime(UTC) - datetime.now(UTC)) < timedelta(minutes=1)


async def test_an_event_that_comes_again_changes_nothing(server):
    message_id, receipt_id = await sent(server)
    first = report("complained", receipt_id=receipt_id)

    await notify(server, first)
    await notify(server, report("complained", receipt_id=receipt_id, id=first["event-data"]["id"]))

    assert [json.loads(row["body"]) for row in await stored(server, first)] == [first]
    assert await events(server, message_id) == [*SENT, COMPLAINED]


async def test_an_event_that_comes_many_times_at_once_is_processed_once(server):
    message_id, receipt_id = await sent(server)
    event_id = ids.new_id("event")

    await asyncio.gather(*(notify(server, report("complained", receipt_id=receipt_id, id=event_id)) for _ in range(8)))

    assert await events(server, message_id) == [*SENT, COMPLAINED]


@pytest.mark.parametrize("data", [None, {}, "odd", {"id": "1"}, {"event": ""}, {"event": 5}], ids=str)
async def test_a_report_without_an_event_is_taken_and_its_token_used_up(server, data):
    body = report()
    body["event-data"] = data
    before = await server.rows("SELECT count(*) FROM kernel.webhook_notification")

    await notify(server, body)

    assert await server.rows("SELECT count(*) FROM kernel.webhook_notification") == before
    refused = await refusal(notify(server, body))
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "WEBHOOK_REPLAYED")


async def test_an_event_without_an_id_is_known_by_its_token(server):
    message_id, receipt_id = await sent(server)
    body = report("delivered", receipt_id=receipt_id, id=None)

    await notify(server, body)

    assert (await find(server, message_id)).is_delivered
    sql = "SELECT status FROM kernel.webhook_notification WHERE event_id = $1"
    assert [row["status"] for row in await server.rows(sql, body["signature"]["token"])] == ["processed"]
