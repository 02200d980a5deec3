"""ConfirmEmailDeliveryFailed: what a gateway would report, said by a test."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from tenantry.emails.v1.email_pb2 import EMAIL_STATUS_CREATED, EMAIL_STATUS_DELIVERY_FAILED
from tenantry.emails.v1.emails_service_pb2 import ConfirmEmailDeliveredRequest, ConfirmEmailDeliveryFailedRequest

from server.kernel import ids
from server.kernel.rpc.times import to_timestamp
from tests.emails.mails import CONFIRMED, FAILURE_CONFIRMED, SENT, events, find, sent
from tests.harness import refusal


@pytest.fixture
def fail(emails_service):
    async def call(receipt_id, **fields):
        request = ConfirmEmailDeliveryFailedRequest(receipt_id=receipt_id, **fields)
        return await emails_service.ConfirmEmailDeliveryFailed(request)

    return call


async def test_a_failure_is_noted_now_and_without_a_reason(fail, server):
    message_id, receipt_id = await sent(server)

    await fail(receipt_id)

    email = await find(server, message_id)
    assert (email.status, email.is_sent, email.is_delivery_failed) == (EMAIL_STATUS_DELIVERY_FAILED, True, True)
    assert abs(email.delivery_failed_at.ToDatetime(UTC) - datetime.now(UTC)) < timedelta(minutes=1)
    assert email.delivery_failed_reason == "none"
    assert await events(server, message_id) == [*SENT, FAILURE_CONFIRMED]


async def test_the_first_failure_counts(fail, server):
    message_id, receipt_id = await sent(server)
    then = to_timestamp(datetime.now(UTC) - timedelta(hours=1))
    await fail(receipt_id, failed_at=then, reason="mailbox full")

    await fail(receipt_id, reason="gone")

    email = await find(server, message_id)
    assert (email.delivery_failed_at, email.delivery_failed_reason) == (then, "mailbox full")
    assert await events(server, message_id) == [*SENT, FAILURE_CONFIRMED]


async def test_what_was_delivered_stays_so(fail, emails_service, server):
    message_id, receipt_id = await sent(server)
    await emails_service.ConfirmEmailDelivered(ConfirmEmailDeliveredRequest(receipt_id=receipt_id))
    before = await find(server, message_id)

    await fail(receipt_id)

    assert await find(server, message_id) == before
    assert await events(server, message_id) == [*SENT, CONFIRMED]


async def test_a_mail_that_was_not_sent_stays_as_it_is(fail, server):
    message_id, receipt_id = await sent(server)
    sql = "UPDATE emails.email_delivery SET sent_at = NULL, status = 'created' WHERE id = $1"
    await server.rows(sql, ids.decode("msg", message_id))

    await fail(receipt_id)

    assert (await find(server, message_id)).status == EMAIL_STATUS_CREATED
    assert await events(server, message_id) == SENT


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"receipt_id": ""}, {"receipt_id": "INVALID_RECEIPT_ID"}),
        ({"receipt_id": "x", "reason": "x" * 1001}, {"reason": "INVALID_REASON"}),
        ({"receipt_id": "x", "reason": "one\ntwo"}, {"reason": "INVALID_REASON"}),
        ({"receipt_id": "x", "failed_at": Timestamp()}, {"failed_at": "INVALID_FAILED_AT"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(fail, fields, violations):
    refused = await refusal(fail(**fields))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)
