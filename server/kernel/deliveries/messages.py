"""What is queued: a kind, a body, and an envelope that is filled in from the call."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from server.kernel import ids
from server.kernel.access.caller import Call


class Queue(StrEnum):
    """A kind of work that is carried out after the transaction that asked for it."""

    AUDITS = "audits"
    EMAILS = "emails"
    SMS = "sms"
    USAGES = "usages"
    PROVISIONINGS = "provisionings"
    DOMAIN_EVENTS = "domain_events"
    JOBS = "jobs"


@dataclass(frozen=True, slots=True)
class Message:
    """Work to be carried out after the commit."""

    queue: Queue
    body: Mapping[str, Any]
    due_at: datetime | None = None
    lane: str | None = None
    position: int = 0
    is_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every message says besides its body."""

    call: Call
    host_region: str
    organization_id: str | None

    def write(self, message_id: str, message: Message) -> str:
        """The JSON text of *message*, names in PascalCase, nulls left out."""
        members = {
            "MessageId": message_id,
            "CallId": self.call.request_id,
            "CallerId": self.call.caller.user_id,
            "TenantId": self.organization_id,
            "OriginHostRegion": self.host_region,
            "Sensitive": True if message.is_sensitive else None,
            **message.body,
        }
        return json.dumps({name: value for name, value in members.items() if value is not None}, ensure_ascii=False)


def parameters_of(messages: Sequence[Message], envelope: Envelope, now: datetime) -> dict[str, Any]:
    """The parameters of :data:`server.kernel.deliveries.tables.QUEUE` for *messages*."""
    made = [(ids.uuid7(), message) for message in messages]
    organization = ids.decode("org", envelope.organization_id) if envelope.organization_id else None
    return {
        "id": [id for id, _ in made],
        "queue": [message.queue.value for _, message in made],
        "lane": [message.lane for _, message in made],
        "position": [message.position for _, message in made],
        "message": [envelope.write(ids.encode("msg", id), message) for id, message in made],
        "organization_id": [organization] * len(made),
        "queued_at": [now] * len(made),
        "due_at": [message.due_at or now for _, message in made],
    }
