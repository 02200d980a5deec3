"""ConfirmSmsDelivered and ConfirmSmsDeliveryFailed: what the gateway reports later, in testing builds."""

import asyncio
import json
from datetime import UTC, datetime

import grpc
import pytest
from tenantry.sms.v1.sms_pb2 import SMS_STATUS_DELIVERED, SMS_STATUS_DELIVERY_FAILED
from tenantry.sms.v1.sms_service_pb2 import ConfirmSmsDeliveredRequest, ConfirmSmsDeliveryFailedRequest

from server.kernel import ids
from server.kernel.rpc.times import to_timestamp
from tests.harness import refusal
from tests.messages import DELIVERED
from tests.sms.texts import CONFIRMED, FAILURE_CONFIRMED, SENT, deliver, events, find, sent, text

EARLIER, LATER = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 1, 2, 4, 0, 0, tzinfo=UTC)


@pytest.fixture
def confirm(sms_service):
    async def call(receipt_id, at=None):
        delivered_at = to_timestamp(at) if at else None
        request = ConfirmSmsDeliveredRequest(receipt_id=receipt_id, delivered_at=delivered_at)
        await sms_service.ConfirmSmsDelivered(request)

    return call


@pytest.fixture
def fail(sms_service):
    async def call(receipt_id, at=None, reason=""):
        failed_at = to_timestamp(at) if at else None
        request = ConfirmSmsDeliveryFailedRequest(receipt_id=receipt_id, failed_at=failed_at, reason=reason)
        await sms_service.ConfirmSmsDeliveryFailed(request)

    return call


async def test_a_confirmed_sms_is_delivered_at_the_time_that_is_said(confirm, server):
    sms = await sent(server)

    await confirm(sms.receipt_id, EARLIER)

    found = await find(server, sms.message_id)
    assert (found.status, found.is_sent, found.is_delivered) == (SMS_STATUS_DELIVERED, True, True)
    assert found.delivered_at == to_timestamp(EARLIER)
    assert await events(server, sms.message_id) == [*SENT, CONFIRMED]


async def test_the_events_say_which_sms_when_and_why(confirm, fail, server):
    sms = await sent(server)

    await fail(sms.receipt_id, EARLIER, "30003")
    await confirm(sms.receipt_id, LATER)

    sql = "SELECT data FROM kernel.event WHERE aggregate_id = $1 ORDER BY version DESC LIMIT 2"
    rows = await server.rows(sql, ids.decode("smsdelivery", sms.id))
    confirmed, failed = [json.loads(row["data"]) for row in rows]
    common = {
        "sms_delivery_id": sms.id,
        "message_id": sms.message_id,
        "tags": ["welcome"],
        "receipt_id": sms.receipt_id,
    }
    assert failed == common | {"failed_at": EARLIER.isoformat(), "reason": "30003"}
    assert confirmed == common | {"delivered_at": LATER.isoformat()}


async def test_without_a_time_it_is_now_and_without_a_reason_it_is_none(confirm, fail, server):
    server.clock.stop_at(LATER)
    delivered, failed = await sent(server), await sent(server)

    await confirm(delivered.receipt_id)
    await fail(failed.receipt_id)

    assert (await find(server, delivered.message_id)).delivered_at == to_timestamp(LATER)
    found = await find(server, failed.message_id)
    assert (found.status, found.is_delivery_failed) == (SMS_STATUS_DELIVERY_FAILED, True)
    assert (found.delivery_failed_at, found.delivery_failed_reason) == (to_timestamp(LATER), "none")


async def test_what_failed_and_then_arrived_is_delivered_and_its_failure_forgotten(confirm, fail, server):
    sms = await sent(server)

    await fail(sms.receipt_id, EARLIER, "30003")
    await confirm(sms.receipt_id, LATER)

    found = await find(server, sms.message_id)
    assert (found.status, found.delivered_at) == (SMS_STATUS_DELIVERED, to_timestamp(LATER))
    assert (found.is_delivery_failed, found.HasField("delivery_failed_at")) == (False, False)
    assert not found.HasField("delivery_failed_reason")
    assert await events(server, sms.message_id) == [*SENT, FAILURE_CONFIRMED, CONFIRMED]


async def test_the_first_failure_counts(fail, server):
    sms = await sent(server)

    await fail(sms.receipt_id, EARLIER, "30003")
    await fail(sms.receipt_id, LATER, "30005")

    found = await find(server, sms.message_id)
    assert (found.delivery_failed_at, found.delivery_failed_reason) == (to_timestamp(EARLIER), "30003")
    assert await events(server, sms.message_id) == [*SENT, FAILURE_CONFIRMED]


async def test_what_was_delivered_stays_so(confirm, fail, server):
    sms = await sent(server)
    await confirm(sms.receipt_id, EARLIER)
    before = await find(server, sms.message_id)

    await confirm(sms.receipt_id, LATER)
    await fail(sms.receipt_id, LATER, "30003")

    assert await find(server, sms.message_id) == before
    assert await events(server, sms.message_id) == [*SENT, CONFIRMED]


async def test_what_was_delivered_is_not_sent_again(confirm, server):
    sms = await sent(server)
    await confirm(sms.receipt_id)

    assert await deliver(server, text(sms.message_id)) == [(DELIVERED, "")]

    assert await events(server, sms.message_id) == [*SENT, CONFIRMED]


async def test_an_sms_that_is_not_sent_yet_is_left_alone(confirm, fail, server):
    sms = await sent(server)
    sql = "UPDATE sms.sms_delivery SET status = 'created', sent_at = NULL WHERE id = $1"
    await server.rows(sql, ids.decode("smsdelivery", sms.id))
    before = await find(server, sms.message_id)

    await confirm(sms.receipt_id)
    await fail(sms.receipt_id)

    assert await find(server, sms.message_id) == before


async def test_an_unknown_receipt_changes_nothing(confirm, fail, server):
    counts = "SELECT (SELECT count(*) FROM kernel.event) + (SELECT count(*) FROM sms.sms_delivery) AS number"
    before = await server.rows(counts)

    await confirm("SM0000")
    await fail("SM0000")

    assert await server.rows(counts) == before


async def test_many_reports_at_once_are_one(confirm, server):
    sms = await sent(server)

    await asyncio.gather(*(confirm(sms.receipt_id) for _ in range(10)))

    assert await events(server, sms.message_id) == [*SENT, CONFIRMED]


async def test_a_report_without_a_receipt_is_refused(confirm, fail):
    for refused in (await refusal(confirm("")), await refusal(fail(""))):
        assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
        assert refused.violations == {"receipt_id": "INVALID_RECEIPT_ID"}
