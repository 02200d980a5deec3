"""ConfirmEmailDelivered: what a gateway would report, said by a test."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from tenantry.emails.v1.email_pb2 import EMAIL_STATUS_DELIVERED
from tenantry.emails.v1.emails_service_pb2 import ConfirmEmailDeliveredRequest, ConfirmEmailDeliveryFailedRequest

from server.kernel import ids
from server.kernel.rpc.times import to_timestamp
from tests.emails.mails import CONFIRMED, FAILURE_CONFIRMED, SENT, events, find, sent
from tests.harness import refusal


@pytest.fixture
def confirm(emails_service):
    async def call(receipt_id, **fields):
        request = ConfirmEmailDeliveredRequest(receipt_id=receipt_id, **fields)
        return await emails_service.ConfirmEmailDelivered(request)

    return call


async def test_a_mail_is_delivered_now(confirm, server):
    message_id, receipt_id = await sent(server)

    await confirm(receipt_id)

    email = await find(server, message_id)
    assert (email.status, email.is_sent, email.is_delivered) == (EMAIL_STATUS_DELIVERED, True, True)
    assert abs(email.delivered_at.ToDatetime(UTC) - datetime.now(UTC)) < timedelta(minutes=1)
    assert await events(server, message_id) == [*SENT, CONFIRMED]


async def test_a_mail_is_delivered_when_it_is_said_to_be(confirm, server):
    message_id, receipt_id = await sent(server)
    then = to_timestamp(datetime.now(UTC) - timedelta(hours=1))

    await confirm(receipt_id, delivered_at=then)

    assert (await find(server, message_id)).delivered_at == then


async def test_the_first_word_counts(confirm, server):
    message_id, receipt_id = await sent(server)
    await confirm(receipt_id)
    first = await find(server, message_id)

    await confirm(receipt_id, delivered_at=to_timestamp(datetime.now(UTC) - timedelta(hours=1)))

    assert await find(server, message_id) == first
    assert await events(server, message_id) == [*SENT, CONFIRMED]


async def test_a_failure_before_is_cleared(confirm, emails_service, server):
    message_id, receipt_id = await sent(server)
    await emails_service.ConfirmEmailDeliveryFailed(ConfirmEmailDeliveryFailedRequest(receipt_id=receipt_id))

    await confirm(receipt_id)

    email = await find(server, message_id)
    assert (email.status, email.is_delivery_failed) == (EMAIL_STATUS_DELIVERED, False)
    assert await events(server, message_id) == [*SENT, FAILURE_CONFIRMED, CONFIRMED]


async def test_a_receipt_that_nobody_knows_changes_nothing(confirm, server):
    before = await server.rows("SELECT count(*) FROM kernel.event")

    await confirm("somebody-elses@mg.example")
    await confirm(ids.new_id("receipt"))

    assert await server.rows("SELECT count(*) FROM kernel.event") == before


@pytest.mark.parametrize("receipt_id", ["", "x" * 401, "nul\0", "two words"])
async def test_a_receipt_must_be_named(confirm, receipt_id):
    refused = await refusal(confirm(receipt_id))

    assert (refused.code, refused.violations) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        {"receipt_id": "INVALID_RECEIPT_ID"},
    )
