"""NotifyMailgunEvent: who reports is known by the signature alone, which is good now, and once."""

import asyncio
import time
from datetime import UTC, datetime

import grpc
import pytest

from server.kernel import ids
from server.kernel.access.caller import ANONYMOUS, WEBHOOK
from tests.emails.mails import COMPLAINED, SENT, events, find, sent
from tests.emails.reports import ADDRESS, SIGNING_KEY, audits, notify, report, stored
from tests.harness import refusal

_INVALID = (grpc.StatusCode.UNAUTHENTICATED, "WEBHOOK_SIGNATURE_INVALID")


_BAD = {
    "no signature": report(without="signature")["signature"],
    "no timestamp": report(without="timestamp")["signature"],
    "no token": report(without="token")["signature"],
    "another key": report(key="other")["signature"],
    "another token": report()["signature"] | {"token": "other"},
    "another timestamp": report()["signature"] | {"timestamp": str(int(time.time()) + 1)},
    "not ASCII": report()["signature"] | {"signature": "\ud800ü"},
    "a number": report()["signature"] | {"signature": 5},
    "empty": {},
    "null": None,
    "a text": "signature",
}


@pytest.mark.parametrize("how", _BAD)
async def test_a_signature_that_is_missing_or_wrong_is_refused_and_audited(server, how):
    message_id, receipt_id = await sent(server)
    body = report(receipt_id=receipt_id) | {"signature": _BAD[how]}

    refused = await refusal(notify(server, body))

    assert (refused.code, refused.reason) == _INVALID
    [audit] = await audits(server)
    assert (audit["AgainstId"], audit["CallerId"]) == (ANONYMOUS, ANONYMOUS)
    assert await stored(server, body) == []
    assert await events(server, message_id) == SENT


async def test_of_a_flood_of_forgeries_the_first_is_audited_and_the_rest_counted(server, serve, monkeypatch):
    monkeypatch.setattr("server.subdomains.ancillary.audits.api._MINUTE_SECONDS", 0.5)
    async with serve(mailgun_webhook_signing_key=SIGNING_KEY) as flooded:
        flood = [notify(flooded, report(key="other"), ((ADDRESS, "198.51.100.7"),)) for _ in range(30)]
        refused = await asyncio.gather(*(refusal(each) for each in flood))
        [first] = await audits(server)
        await asyncio.sleep(0.7)

    assert {(each.code, each.reason) for each in refused} == {_INVALID}
    assert first["Arguments"] == ["198.51.100.7", "WEBHOOK_SIGNATURE_INVALID"]
    [_, rest] = await audits(server)
    assert rest["Arguments"] == ["29", "198.51.100.7", "WEBHOOK_SIGNATURE_INVALID"]
    assert rest["AgainstId"] == ANONYMOUS


async def test_without_a_signing_key_nobody_is_believed_and_nothing_is_audited(server, serve):
    async with serve() as without_key:
        for key in ("", SIGNING_KEY):
            refused = await refusal(notify(without_key, report(key=key)))
            assert (refused.code, refused.reason) == _INVALID

    assert await audits(server) == []


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_report_signed_at_another_time_is_refused(server, minutes):
    message_id, receipt_id = await sent(server)
    body = report(receipt_id=receipt_id, at=time.time() + minutes * 60)

    refused = await refusal(notify(server, body))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "WEBHOOK_STALE")
    assert (await stored(server, body), await audits(server)) == ([], [])
    assert await events(server, message_id) == SENT


async def test_five_minutes_are_near_enough_and_a_moment_more_is_not(server):
    body, late = report(at=1_800_000_000), report(at=1_800_000_000)
    server.clock.stop_at(datetime.fromtimestamp(1_800_000_300, UTC))
    await notify(server, body)

    server.clock.stop_at(datetime.fromtimestamp(1_800_000_300.001, UTC))
    assert (await refusal(notify(server, late))).reason == "WEBHOOK_STALE"


@pytest.mark.parametrize("timestamp", ["", "soon", "1e9", "-5", "9" * 30])
async def test_a_timestamp_that_is_none_is_not_fresh(server, timestamp):
    refused = await refusal(notify(server, report(at=timestamp)))

    expected = "WEBHOOK_STALE" if timestamp else "WEBHOOK_SIGNATURE_INVALID"
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, expected)


async def test_a_timestamp_may_be_a_number(server):
    message_id, receipt_id = await sent(server)
    body = report("delivered", receipt_id=receipt_id)
    body["signature"]["timestamp"] = int(body["signature"]["timestamp"])

    await notify(server, body)

    assert (await find(server, message_id)).is_delivered


async def test_a_token_that_was_seen_is_refused_whatever_it_comes_with(server):
    message_id, receipt_id = await sent(server)
    first = report("opened", receipt_id=receipt_id)
    await notify(server, first)
    forged = report("failed", receipt_id=receipt_id) | {"signature": first["signature"]}

    refused = [await refusal(notify(server, body)) for body in (first, forged)]

    assert {(each.code, each.reason) for each in refused} == {(grpc.StatusCode.UNAUTHENTICATED, "WEBHOOK_REPLAYED")}
    assert await stored(server, forged) == []
    assert await events(server, message_id) == SENT


async def test_a_report_whose_processing_fails_may_come_again(server, caplog):
    # given: something that no report can change
    message_id, receipt_id = await sent(server)
    body = report("delivered", receipt_id=receipt_id)
    await server.rows("ALTER TABLE emails.email_delivery ADD CONSTRAINT never CHECK (status <> 'delivered') NOT VALID")

    # when
    refused = await refusal(notify(server, body))
    await server.rows("ALTER TABLE emails.email_delivery DROP CONSTRAINT never")

    # then
    assert refused.code is grpc.StatusCode.INTERNAL
    assert [row["status"] for row in await stored(server, body)] == ["failed"]
    assert await events(server, message_id) == SENT

    # and when the very same report comes again
    await notify(server, body)

    # then
    assert [row["status"] for row in await stored(server, body)] == ["processed"]
    assert (await find(server, message_id)).is_delivered


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"event=delivered",
        b'{"signature": NaN}',
        b'{"signature": 1e999}',
        b"\xff\xfe\xff",
        b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_what_is_not_json_is_refused(server, body):
    refused = await refusal(notify(server, body))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == {"content": "INVALID_WEBHOOK_BODY"}
    assert await audits(server) == []


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"5"])
async def test_json_that_is_no_report_has_no_signature(server, body):
    refused = await refusal(notify(server, body))

    assert (refused.code, refused.reason) == _INVALID


async def test_other_credentials_are_neither_needed_nor_looked_at(server, cast):
    message_id, receipt_id = await sent(server)
    member = await cast.member(ids.new_id("org"))

    await notify(server, report("complained", receipt_id=receipt_id), metadata=(("authorization", "Bearer nonsense"),))
    await notify(server, report("complained", receipt_id=receipt_id), metadata=member.metadata)

    assert await events(server, message_id) == [*SENT, COMPLAINED, COMPLAINED]
    sql = "SELECT DISTINCT caller_id FROM kernel.event WHERE name = $1 AND aggregate_id = $2"
    [row] = await server.rows(sql, COMPLAINED, ids.decode("msg", message_id))
    assert row["caller_id"] == ids.decode("user", WEBHOOK)
    assert (await refusal(notify(server, b"[]", metadata=server.as_service()))).reason == "WEBHOOK_SIGNATURE_INVALID"
