"""Writes and reads queued webhooks: one event for one endpoint."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.kernel import ids
from server.kernel.deliveries.envelope import InvalidQueuedMessage, InvalidTenantId, Members, Received
from server.kernel.deliveries.messages import Message, Queue
from server.subdomains.webhooks.domain import TEST_EVENT, Happened


@dataclass(frozen=True, slots=True)
class QueuedWebhook:
    """An event that is to be sent to an endpoint."""

    organization_id: str
    endpoint_id: str
    happened: Happened

    @property
    def body(self) -> dict[str, Any]:
        """What is sent: type, timestamp and data as the standard has them, and which event it is."""
        return {
            "type": self.happened.name,
            "timestamp": self.happened.occurred_at,
            "data": self.happened.data,
            "id": self.happened.event_id,
            "organization_id": self.organization_id,
            "subject_id": self.happened.subject_id,
            "version": self.happened.version,
        }


def write_webhook(endpoint_id: str, happened: Happened) -> Message:
    """The message that has an event sent to an endpoint, in order with others about the same thing."""
    body = {
        "EndpointId": endpoint_id,
        "EventId": happened.event_id,
        "EventType": happened.name,
        "OccurredAt": happened.occurred_at,
        "SubjectId": happened.subject_id,
        "Version": happened.version,
        "Data": json.dumps(happened.data, ensure_ascii=False),
    }
    lane = lane_of(endpoint_id, happened.stream)
    return Message(Queue.WEBHOOKS, body, lane=lane, position=happened.version)


def write_test(endpoint_id: str, event_id: str, now: datetime) -> Message:
    """The message of an event that never happened, for trying out an endpoint."""
    happened = Happened(
        event_id=event_id,
        name=TEST_EVENT,
        stream=event_id,
        subject_id=endpoint_id,
        version=1,
        occurred_at=now.isoformat(),
        data={"endpoint_id": endpoint_id},
    )
    return write_webhook(endpoint_id, happened)


def lane_of(endpoint_id: str, stream: str = "") -> str:
    """What keeps events about one thing in order at one endpoint; without a stream, how all its lanes begin."""
    return f"{endpoint_id}/{stream}"


def read_webhook(message: Received) -> QueuedWebhook:
    """
    Read a queued webhook.

    Raises:
        InvalidTenantId: It does not say of which organization.
        InvalidQueuedMessage: It does not say for which endpoint, or of which event.
    """
    if message.organization_id is None:
        raise InvalidTenantId
    body = message.body
    happened = Happened(
        event_id=_id(body, "EventId", "event"),
        name=_given(body, "EventType"),
        stream="",
        subject_id=_given(body, "SubjectId"),
        version=body.whole_number("Version"),
        occurred_at=_given(body, "OccurredAt"),
        data=_data(body.text("Data")),
    )
    return QueuedWebhook(message.organization_id, _id(body, "EndpointId", "endpoint"), happened)


def _id(body: Members, name: str, prefix: str) -> str:
    value = body.text(name)
    if not ids.is_id(prefix, value):
        raise InvalidQueuedMessage(f"{name} must be an id with the prefix {prefix}.")
    return value


def _given(body: Members, name: str) -> str:
    value = body.text(name)
    if not value:
        raise InvalidQueuedMessage(f"{name} must have a value.")
    return value


def _data(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidQueuedMessage("Data must be the JSON of an object.")
    return value
