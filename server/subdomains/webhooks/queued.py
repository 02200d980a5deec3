"""Reads and writes queued webhooks: one event for one endpoint."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.kernel import ids
from server.kernel.deliveries.engine import Claimed
from server.kernel.deliveries.envelope import InvalidQueuedMessage, InvalidTenantId, Received
from server.kernel.deliveries.messages import Message, Queue
from server.subdomains.webhooks.domain import TEST_EVENT

_OWN_MEMBERS = ("RootId", "OccurredAt")


@dataclass(frozen=True, slots=True)
class QueuedWebhook:
    """An event that is to be sent to an endpoint."""

    organization_id: str
    endpoint_id: str
    event_id: str
    event_type: str
    body: dict[str, Any]


def read_webhook(message: Received) -> QueuedWebhook:
    """
    Read a queued webhook.

    Raises:
        InvalidTenantId: It does not say of which organization.
        InvalidQueuedMessage: It does not say for which endpoint, or of which event.
    """
    endpoint_id, event = message.body.text("EndpointId"), message.body.members("Event")
    if message.organization_id is None:
        raise InvalidTenantId
    if not ids.is_id("endpoint", endpoint_id):
        raise InvalidQueuedMessage("EndpointId must be an id with the prefix endpoint.")
    if event is None or not ids.is_id("event", event.text("Id")) or not event.text("Metadata"):
        raise InvalidQueuedMessage("Event must have an Id with the prefix event, and a name in Metadata.")
    data = _data(event.text("Data"))
    body = {
        "type": event.text("Metadata"),
        "timestamp": data.get("OccurredAt"),
        "data": {name: value for name, value in data.items() if name not in _OWN_MEMBERS},
        "id": event.text("Id"),
        "organization_id": message.organization_id,
        "subject_id": data.get("RootId"),
        "version": event.number("Version"),
    }
    return QueuedWebhook(message.organization_id, endpoint_id, event.text("Id"), event.text("Metadata"), body)


def with_endpoints(claimed: Sequence[Claimed]) -> Sequence[str]:
    """The texts of messages; those of events say no endpoint by themselves: their subscription does."""
    return [_with_endpoint(each) for each in claimed]


def lane_of(endpoint_id: str, stream: str = "") -> str:
    """What keeps events about one thing in order at one endpoint; without a stream, how all its lanes begin."""
    return f"{endpoint_id}/{stream}"


def test_message(endpoint_id: str, event_id: str, now: datetime) -> Message:
    """An event that never happened, for trying out an endpoint."""
    data = {"RootId": endpoint_id, "OccurredAt": now.isoformat(), "endpoint_id": endpoint_id}
    event = {
        "Id": event_id,
        "RootAggregateType": "WebhookEndpoint",
        "EventType": "Test",
        "Data": json.dumps(data),
        "Metadata": TEST_EVENT,
        "StreamName": f"WebhookEndpoint_{endpoint_id}",
        "Version": 0,
    }
    return Message(Queue.WEBHOOKS, {"EndpointId": endpoint_id, "Event": event}, lane=lane_of(endpoint_id, event_id))


def _with_endpoint(claimed: Claimed) -> str:
    if claimed.subscription is None:
        return claimed.message
    return f'{{"EndpointId": "{claimed.subscription}", {claimed.message[1:]}'


def _data(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidQueuedMessage("Event.Data must be the JSON of an object.")
    return value
