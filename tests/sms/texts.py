"""Queued SMS to start from. A test names only the member it is about."""

from typing import Any

from tenantry.sms.v1.sms_pb2 import Sms
from tenantry.sms.v1.sms_service_pb2 import ConfirmSmsDeliveredRequest, DeliverSmsRequest, ListSmsRequest
from tenantry.sms.v1.sms_service_pb2_grpc import SmsServiceStub

from server.kernel import ids
from tests.harness import Running
from tests.messages import message, outcomes

ADA = "+6421300033"


def text(message_id: str | None = None, /, envelope: dict[str, Any] | None = None, **changes: Any) -> str:
    """An SMS."""
    content = {"Body": "Hello & welcome", "ToPhoneNumber": ADA, "Tags": ["welcome"], **changes}
    return message(message_id, Message=content, **(envelope or {}))


async def deliver(server: Running, *messages: str) -> list[tuple[str, str]]:
    """What became of each message."""
    request = DeliverSmsRequest(messages=messages)
    answer = await SmsServiceStub(server.channel).DeliverSms(request, metadata=server.as_service())
    return outcomes(answer.results)


async def sent(server: Running, **changes: Any) -> Sms:
    """A new SMS that the gateway has accepted."""
    message_id = ids.new_id("msg")
    await deliver(server, text(message_id, **changes))
    found = await find(server, message_id)
    assert found.is_sent
    return found


async def delivered(server: Running, sms: Sms) -> Sms:
    """The same after the gateway has reported that it arrived."""
    request = ConfirmSmsDeliveredRequest(receipt_id=sms.receipt_id)
    await SmsServiceStub(server.channel).ConfirmSmsDelivered(request)
    return await find(server, sms.message_id)


async def find(server: Running, message_id: str) -> Sms:
    """An SMS as the list shows it; an empty one when it is not there."""
    request = ListSmsRequest(page_size=1000, order_by="created_at desc")
    answer = await SmsServiceStub(server.channel).ListSms(request)
    return next((sms for sms in answer.smses if sms.message_id == message_id), Sms())


async def events(server: Running, message_id: str) -> list[str]:
    """The names of an SMS's events."""
    return await server.events(ids.with_prefix("smsdelivery", message_id))


CREATED = ["sms.sms_delivery_created.v1", "sms.sms_details_changed.v1"]
ATTEMPTED, FAILED, SUCCEEDED, CONFIRMED, FAILURE_CONFIRMED = (
    "sms.sms_sending_attempted.v1",
    "sms.sms_sending_failed.v1",
    "sms.sms_sending_succeeded.v1",
    "sms.sms_delivery_confirmed.v1",
    "sms.sms_delivery_failure_confirmed.v1",
)
SENT = [*CREATED, ATTEMPTED, SUCCEEDED]
