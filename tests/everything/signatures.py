"""Webhooks: what an outside party reports is its own credential. How each party signs it, with secrets of tests."""

import json

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.message import Message

from tests.emails import reports as mailgun
from tests.everything.operations import Operation
from tests.everything.requests import Value
from tests.harness import Metadata
from tests.sms import twilio_stand_in as twilio

# What the server must be told to believe them.
SETTINGS = {
    "TENANTRY_MAILGUN_WEBHOOK_SIGNING_KEY": mailgun.SIGNING_KEY,
    "TENANTRY_TWILIO_AUTH_TOKEN": twilio.AUTH_TOKEN,
    "TENANTRY_TWILIO_WEBHOOK_CALLBACK_URL": twilio.CALLBACK_URL,
}


def signature_of(operation: Operation, request: Message) -> Metadata:
    """The metadata that a report is signed with, where it is not signed in its body."""
    if operation.name == "NotifyTwilioEvent":
        return twilio.signed(request.content.data)  # type: ignore[attr-defined]
    return ()


def reports() -> dict[str, Value]:
    """Reports of what nobody has sent, which change nothing."""

    async def mailgun_report(*_: object) -> HttpBody:
        report = mailgun.report("delivered", receipt_id="receipt-of-nobody")
        return HttpBody(content_type="application/json", data=json.dumps(report).encode())

    async def twilio_report(*_: object) -> HttpBody:
        form = twilio.report(MessageSid="SM0", MessageStatus="sent")
        return HttpBody(content_type="application/x-www-form-urlencoded", data=form)

    return {"NotifyMailgunEvent.content": mailgun_report, "NotifyTwilioEvent.content": twilio_report}
