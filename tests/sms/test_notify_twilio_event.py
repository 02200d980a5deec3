"""NotifyTwilioEvent: what Twilio reports of an SMS."""

import asyncio
import itertools
import json
from datetime import UTC, datetime

import grpc
import pytest
from google.api.httpbody_pb2 import HttpBody
from tenantry.sms.v1.sms_pb2 import SMS_STATUS_DELIVERED, SMS_STATUS_DELIVERY_FAILED, SMS_STATUS_SENT
from tenantry.sms.v1.sms_service_pb2 import NotifyTwilioEventRequest
from tenantry.sms.v1.sms_service_pb2_grpc import SmsServiceStub

from server.kernel import ids
from server.kernel.access.caller import ANONYMOUS, WEBHOOK
from server.kernel.rpc.times import to_timestamp
from tests.harness import refusal
from tests.sms.texts import CONFIRMED, FAILURE_CONFIRMED, SENT, events, find, sent
from tests.sms.twilio_stand_in import ACCOUNT_SID, AUTH_TOKEN, CALLBACK_URL, report, signed, status_of

ADDRESS = "x-envoy-external-address"
addresses = itertools.count(1)


@pytest.fixture
def notify(listening):
    async def call(body, metadata=None):
        request = NotifyTwilioEventRequest(content=HttpBody(data=body))
        credential = signed(body) if metadata is None else metadata
        address = (ADDRESS, f"192.0.2.{next(addresses)}")  # each from its own
        await SmsServiceStub(listening.channel).NotifyTwilioEvent(request, metadata=(*credential, address))

    return call


@pytest.fixture
def stored(listening):
    """The webhook notifications of an SMS."""

    async def find_all(sms):
        sql = (
            "SELECT event_id, event_type, status, body FROM kernel.webhook_notification "
            "WHERE source = 'twilio_sms' AND position($1 in event_id) > 0 ORDER BY received_at"
        )
        return [dict(row) for row in await listening.rows(sql, sms.receipt_id)]

    return find_all


async def test_a_delivered_sms_is_confirmed_at_the_time_of_the_carrier(notify, listening, stored):
    sms = await sent(listening)

    await notify(status_of(sms, "delivered", RawDlrDoneDate="2601020304"))

    found = await find(listening, sms.message_id)
    assert (found.status, found.delivered_at) == (
        SMS_STATUS_DELIVERED,
        to_timestamp(datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
    )
    assert await events(listening, sms.message_id) == [*SENT, CONFIRMED]
    [row] = await stored(sms)
    assert (row["event_id"], row["event_type"], row["status"]) == (
        f"{sms.receipt_id}-delivered",
        "delivered",
        "processed",
    )
    assert json.loads(row["body"])["AccountSid"] == ACCOUNT_SID


@pytest.mark.parametrize(
    ("said", "instant"),
    [
        ("901020304", datetime(2009, 1, 2, 3, 4, tzinfo=UTC)),
        ("2613020304", None),
        ("260102030400", None),
        ("26010203x4", None),
        ("٢٦٠١٠٢٠٣٠٤", None),
        ("", None),
    ],
)
async def test_a_time_that_lost_its_zeros_is_understood_and_one_that_cannot_be_read_is_now(
    notify, listening, said, instant
):
    now = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
    listening.clock.stop_at(now)
    sms = await sent(listening)

    await notify(status_of(sms, "delivered", RawDlrDoneDate=said))
    found = await find(listening, sms.message_id)
    listening.clock.run()

    assert found.delivered_at == to_timestamp(instant or now)


@pytest.mark.parametrize("word", ["failed", "undelivered", "Undelivered"])
@pytest.mark.parametrize(
    ("given", "reason"),
    [({"ErrorCode": "30003"}, "30003"), ({"ErrorCode": "3\0"}, "3\ufffd"), ({"ErrorCode": ""}, "none"), ({}, "none")],
)
async def test_a_failure_is_noted_with_twilios_number_of_the_error(notify, listening, word, given, reason):
    sms = await sent(listening)

    await notify(status_of(sms, word, **given))

    found = await find(listening, sms.message_id)
    assert (found.status, found.delivery_failed_reason) == (SMS_STATUS_DELIVERY_FAILED, reason)
    assert await events(listening, sms.message_id) == [*SENT, FAILURE_CONFIRMED]


@pytest.mark.parametrize("word", ["accepted", "queued", "sending", "sent", "receiving", "read", "canceled", ""])
async def test_every_other_status_is_kept_and_changes_nothing(notify, listening, stored, word):
    sms = await sent(listening)

    await notify(status_of(sms, word))

    assert await find(listening, sms.message_id) == sms
    assert await events(listening, sms.message_id) == SENT
    assert [(row["event_type"], row["status"]) for row in await stored(sms)] == [(word, "processed")]


async def test_the_older_name_of_the_status_serves(notify, listening):
    sms = await sent(listening)

    await notify(report(MessageSid=sms.receipt_id, SmsStatus="delivered"))

    assert (await find(listening, sms.message_id)).is_delivered


async def test_a_status_that_is_reported_again_is_processed_once(notify, listening, stored):
    sms = await sent(listening)
    body = status_of(sms, "delivered", RawDlrDoneDate="2601020304")
    await notify(body)
    before = await find(listening, sms.message_id)

    await asyncio.gather(*(notify(body) for _ in range(5)))
    await notify(status_of(sms, "delivered", RawDlrDoneDate="2602020304"))

    assert await find(listening, sms.message_id) == before
    assert await events(listening, sms.message_id) == [*SENT, CONFIRMED]
    assert len(await stored(sms)) == 1


async def test_a_failure_that_comes_late_does_not_undo_a_delivery(notify, listening, stored):
    sms = await sent(listening)

    await notify(status_of(sms, "delivered"))
    await notify(status_of(sms, "undelivered", ErrorCode="30003"))

    assert (await find(listening, sms.message_id)).status == SMS_STATUS_DELIVERED
    assert [row["event_type"] for row in await stored(sms)] == ["delivered", "undelivered"]


@pytest.mark.parametrize(
    "body", [b"", report(MessageStatus="delivered"), report(MessageSid="", MessageStatus="delivered")]
)
async def test_a_report_that_names_no_sms_is_ignored(notify, listening, body):
    count = "SELECT count(*) AS number FROM kernel.webhook_notification"
    before = await listening.rows(count)

    await notify(body)

    assert await listening.rows(count) == before


async def test_a_report_of_an_sms_that_is_not_ours_changes_nothing(notify, listening):
    before = await listening.rows("SELECT count(*) AS number FROM kernel.event")

    await notify(report(MessageSid=f"SM{ids.new_id('msg')}", MessageStatus="delivered"))

    assert await listening.rows("SELECT count(*) AS number FROM kernel.event") == before


async def test_odd_forms_are_verified_as_twilios_own_library_signs_them(notify, listening):
    sms = await sent(listening)
    twice = (("To", "+1"), ("To", "+0"), ("To", "+1"))

    await notify(status_of(sms, "delivered") + report(*twice, Empty="", Grüße="a+b c&d=é€\U0001f600"))

    assert (await find(listening, sms.message_id)).is_delivered


async def forged(sms):
    """Reports of a delivery that Twilio did not sign."""
    body, other = status_of(sms, "delivered"), status_of(sms, "sent")
    endless = body + b"".join(f"&a{number}=b".encode() for number in range(300))
    return {
        "no signature": (body, ()),
        "an empty signature": (body, (("x-twilio-signature", ""),)),
        "a made-up signature": (body, (("x-twilio-signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),)),
        "signed by another account": (body, signed(body, auth_token="another")),
        "signed for another address": (body, signed(body, url="https://evil.example/webhooks/twilio")),
        "signed for another body": (body, signed(other)),
        "with one field more": (body + b"&ErrorCode=1", signed(body)),
        "not a form": (b"\xff\xfe{}&&&==", signed(b"")),
        "endless": (endless, signed(endless)),
    }


FORGERIES = (
    "no signature",
    "an empty signature",
    "a made-up signature",
    "signed by another account",
    "signed for another address",
    "signed for another body",
    "with one field more",
    "not a form",
    "endless",
)


@pytest.mark.parametrize("kind", FORGERIES)
async def test_what_twilio_did_not_sign_is_refused_and_audited_and_changes_nothing(notify, listening, stored, kind):
    # given
    sms = await sent(listening)
    body, metadata = (await forged(sms))[kind]

    # when
    refused = await refusal(notify(body, metadata))

    # then
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "WEBHOOK_SIGNATURE_INVALID")
    assert (await find(listening, sms.message_id)).status == SMS_STATUS_SENT
    assert await stored(sms) == []
    [audit] = [json.loads(text) for text in await listening.queued("audits", "Authentication.Twilio.Failed")]
    assert audit["AgainstId"] == ANONYMOUS
    assert sms.receipt_id not in json.dumps(audit)


async def test_of_a_flood_of_forgeries_the_first_is_audited_and_the_rest_counted(serve, monkeypatch):
    monkeypatch.setattr("server.subdomains.ancillary.audits.api._MINUTE_SECONDS", 0.5)
    request = NotifyTwilioEventRequest(content=HttpBody(data=b"MessageSid=SM1"))
    async with serve(twilio_auth_token=AUTH_TOKEN, twilio_webhook_callback_url=CALLBACK_URL) as flooded:

        async def audited():
            found = await flooded.queued("audits", "Authentication.Twilio.Failed")
            return [json.loads(text)["Arguments"] for text in found]

        forge = SmsServiceStub(flooded.channel).NotifyTwilioEvent
        flood = [refusal(forge(request, metadata=((ADDRESS, "198.51.100.7"),))) for _ in range(30)]
        refused = await asyncio.gather(*flood)
        first = await audited()
        await asyncio.sleep(0.7)
        rest = (await audited())[1:]

    assert {each.reason for each in refused} == {"WEBHOOK_SIGNATURE_INVALID"}
    assert first == [["198.51.100.7", "WEBHOOK_SIGNATURE_INVALID"]]
    assert rest == [["29", "198.51.100.7", "WEBHOOK_SIGNATURE_INVALID"]]


@pytest.mark.parametrize("missing", ["twilio_auth_token", "twilio_webhook_callback_url"])
async def test_without_an_account_every_report_is_refused_and_none_audited(serve, missing):
    settings = {"twilio_auth_token": AUTH_TOKEN, "twilio_webhook_callback_url": CALLBACK_URL}
    del settings[missing]
    body = report(MessageSid="SM1", MessageStatus="delivered")
    request = NotifyTwilioEventRequest(content=HttpBody(data=body))

    async with serve(**settings) as server:
        call = SmsServiceStub(server.channel).NotifyTwilioEvent
        reports = [await refusal(call(request, metadata=signed(body, auth_token=token))) for token in ("", AUTH_TOKEN)]

        assert {(each.code, each.reason) for each in reports} == {
            (grpc.StatusCode.UNAUTHENTICATED, "WEBHOOK_SIGNATURE_INVALID")
        }
        assert await server.queued("audits", "Authentication.Twilio.Failed") == []


async def test_a_credential_beside_the_signature_is_not_looked_at(notify, listening):
    sms = await sent(listening)
    body = status_of(sms, "delivered")

    await notify(body, (*signed(body), ("authorization", "Basic bm9ib2R5")))

    assert (await find(listening, sms.message_id)).is_delivered


async def test_what_is_done_is_done_by_the_webhook_account(notify, listening):
    sms = await sent(listening)

    await notify(status_of(sms, "delivered"))

    sql = "SELECT caller_id FROM kernel.event WHERE aggregate_id = $1 ORDER BY version DESC LIMIT 1"
    [row] = await listening.rows(sql, ids.decode("smsdelivery", sms.id))
    assert row["caller_id"] == ids.decode("user", WEBHOOK)
