"""What is queued: a kind, a body, and an envelope that is filled in from the call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from server.kernel import ids
from server.kernel.access.caller import Call
from server.kernel.deliveries.tables import Queued
from server.kernel.queues import Queue as Queue  # noqa: PLC0414  # part of what this module offers


@dataclass(frozen=True, slots=True)
class Message:
    """Work to be carried out after the commit. Its id is known before, for those who want to recognise its outcome."""

    queue: Queue
    body: Mapping[str, Any]
    due_at: datetime | None = None
    lane: str | None = None
    position: int = 0
    is_sensitive: bool = False
    key: UUID = field(default_factory=ids.uuid7)

    @property
    def id(self) -> str:
        """The message id: what makes repeats of its delivery harmless."""
        return ids.encode("msg", self.key)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every message says besides its body."""

    call: Call
    host_region: str
    organization_id: str | None

    def write(self, message: Message) -> str:
        """The JSON text of *message*, names in PascalCase, nulls left out."""
        trace = self.call.trace_context
        members = {
            "MessageId": message.id,
            "CallId": self.call.request_id,
            "CallerId": self.call.caller.user_id,
            "TenantId": self.organization_id,
            "OriginHostRegion": self.host_region,
            "Sensitive": True if message.is_sensitive else None,
            "Traceparent": trace.header if trace is not None else None,
            **message.body,
        }
        return orjson.dumps({name: value for name, value in members.items() if value is not None}).decode()


def text_of_event(row: Any, host_region: str) -> str:
    """The message of an event, from a row of its delivery joined with the event log."""
    kind, aggregate_id = row.event_aggregate_type, row.event_aggregate_id
    root_id = root_id_of(kind, row.event_aggregate_prefix, aggregate_id)
    data = {"RootId": root_id, "OccurredAt": row.event_occurred_at.isoformat(), **row.event_data}
    organization_id = row.event_organization_id
    members = {
        "MessageId": ids.encode("msg", row.id),
        "CallId": row.event_call_id,
        "CallerId": ids.encode("user", row.event_caller_id),
        **({"TenantId": ids.encode("org", organization_id)} if organization_id else {}),
        "OriginHostRegion": host_region,
        "Event": {
            "Id": ids.encode("event", row.event_id),
            "RootAggregateType": kind,
            "EventType": short_name(row.event_name),
            "Data": orjson.dumps(data).decode(),
            "Metadata": row.event_name,
            "StreamName": f"{kind}_{root_id}",
            "Version": row.event_version,
        },
    }
    return orjson.dumps(members).decode()


def short_name(event_name: str) -> str:
    """What an event is called in short: ``ImageDeleted`` for ``images.image_deleted.v1``."""
    return "".join(word.capitalize() for word in event_name.split(".")[1].split("_"))


def root_id_of(aggregate_type: str, prefix: str, aggregate_id: UUID) -> str:
    """The id of the aggregate that an event happened to."""
    return ids.encode(prefix or aggregate_type.lower(), aggregate_id)


def rows_of(messages: Sequence[Message], envelope: Envelope, now: datetime) -> list[Queued]:
    """The rows of *messages*."""
    organization = ids.decode("org", envelope.organization_id) if envelope.organization_id else None
    return [
        Queued(
            each.key,
            each.queue.value,
            each.lane,
            each.position,
            envelope.write(each),
            organization,
            now,
            each.due_at or now,
        )
        for each in messages
    ]
