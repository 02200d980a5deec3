"""Queued mails to start from. A test names only the member it is about."""

from typing import Any

from tenantry.emails.v1.email_pb2 import Email
from tenantry.emails.v1.emails_service_pb2 import DeliverEmailsRequest, ListEmailsRequest
from tenantry.emails.v1.emails_service_pb2_grpc import EmailsServiceStub

from server.kernel import ids
from tests.harness import Running
from tests.messages import message, outcomes

_ENDS = {
    "ToEmailAddress": "ada@example.com",
    "ToDisplayName": "Ada Lovelace",
    "FromEmailAddress": "no-reply@tenantry.example",
    "FromDisplayName": "Tenantry",
}


def html(message_id: str | None = None, /, envelope: dict[str, Any] | None = None, **changes: Any) -> str:
    """A mail that is written."""
    content = {"Subject": "Welcome", "Body": "<p>Hello &amp; welcome</p>", "Tags": ["welcome"], **_ENDS, **changes}
    return message(message_id, Html=content, **(envelope or {}))


def templated(message_id: str | None = None, /, **changes: Any) -> str:
    """A mail that the gateway makes from a template."""
    content = {"TemplateId": "welcome", "Substitutions": {"firstName": "Ada"}, **_ENDS, **changes}
    return message(message_id, Template=content)


async def deliver(server: Running, *messages: str) -> list[tuple[str, str]]:
    """What became of each message."""
    request = DeliverEmailsRequest(messages=messages)
    answer = await EmailsServiceStub(server.channel).DeliverEmails(request, metadata=server.as_service())
    return outcomes(answer.results)


async def sent(server: Running) -> tuple[str, str]:
    """A mail that the capture store has taken: its message id and its receipt."""
    message_id = ids.new_id("msg")
    await deliver(server, html(message_id))
    return message_id, ids.with_prefix("receipt", message_id)


async def find(server: Running, message_id: str) -> Email:
    """A mail as the list shows it; an empty one when it is not there."""
    request = ListEmailsRequest(page_size=1000, order_by="created_at desc")
    answer = await EmailsServiceStub(server.channel).ListEmails(request)
    return next((email for email in answer.emails if email.message_id == message_id), Email())


async def events(server: Running, message_id: str) -> list[str]:
    """The names of a mail's events."""
    return await server.events(ids.with_prefix("emaildelivery", message_id))


CREATED = ["emails.email_delivery_created.v1", "emails.email_details_changed.v1"]
ATTEMPTED, FAILED, SUCCEEDED = (
    "emails.email_sending_attempted.v1",
    "emails.email_sending_failed.v1",
    "emails.email_sending_succeeded.v1",
)
SENT = [*CREATED, ATTEMPTED, SUCCEEDED]
CONFIRMED, FAILURE_CONFIRMED, COMPLAINED = (
    "emails.email_delivery_confirmed.v1",
    "emails.email_delivery_failure_confirmed.v1",
    "emails.email_complaint_received.v1",
)
