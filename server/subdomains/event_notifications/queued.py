"""Reads messages of the bus."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from server.kernel import ids
from server.kernel.bus.consumers import BusEvent
from server.kernel.deliveries.envelope import InvalidQueuedMessage, Members, members_of, message_id_of, received
from server.kernel.errors import Refusal
from server.kernel.events import kind_of, upgraded
from server.subdomains.event_notifications.errors import InvalidBusMessage, UnknownEventType

_OF_THE_BUS = frozenset({"rootid", "occurredat"})
_LATEST_VERSION = 2**63 - 1
_NULL_CHARACTER = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # which PostgreSQL does not keep


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedEvent:
    """One event as it was published, maybe by another server, maybe by an older version."""

    message_id: str | None
    call_id: str
    organization_id: str | None
    id: str
    aggregate_type: str
    root_id: str
    name: str
    stream_name: str
    version: int
    occurred_at: datetime
    data: dict[str, Any]

    def event(self) -> BusEvent:
        """
        The event as this version knows it.

        Raises:
            UnknownEventType: It does not.
        """
        kind = kind_of(self.name)
        if kind is None:
            raise UnknownEventType
        return BusEvent(
            id=self.id,
            name=kind.name,
            kind=kind,
            aggregate_type=self.aggregate_type,
            aggregate_id=self.root_id,
            stream=self.stream_name,
            version=self.version,
            organization_id=self.organization_id,
            occurred_at=self.occurred_at,
            data=upgraded(kind, self.name, self.data),
        )


def message_id_in(text: str) -> str | None:
    """The id of a message, if that much of it can be read."""
    try:
        return message_id_of(members_of(text))
    except Refusal:
        return None


def queued_event(text: str) -> QueuedEvent:
    """
    Read a message.

    Raises:
        InvalidMessage: It is empty or too large.
        InvalidBusMessage: It is not the JSON of an event.
        InvalidMessageId: Its id is malformed.
        InvalidTenantId: It names no well-formed organization.
    """
    try:
        return _read(text)
    except InvalidQueuedMessage as error:
        raise InvalidBusMessage(str(error)) from None


def _read(text: str) -> QueuedEvent:
    members = members_of(text)
    envelope = received(members, message_id_of(members))
    event = members.members("Event")
    if event is None:
        raise InvalidBusMessage("Event is missing.")
    event_id = _required(event, "Id")
    if not ids.is_id("event", event_id):
        raise InvalidBusMessage("Event.Id must be an id with the prefix event.")
    version = event.whole_number("Version")
    if not 1 <= version <= _LATEST_VERSION:
        raise InvalidBusMessage("Event.Version must be 1 or more, in 64 bits.")
    _required(event, "EventType")
    data = _data_of(_required(event, "Data"))
    of_the_bus = Members({name: value for name, value in data.items() if name.lower() in _OF_THE_BUS}, "Event.Data.")
    return QueuedEvent(
        message_id=envelope.message_id,
        call_id=envelope.call_id,
        organization_id=envelope.organization_id,
        id=event_id,
        aggregate_type=_required(event, "RootAggregateType"),
        root_id=_required(of_the_bus, "RootId"),
        name=_required(event, "Metadata"),
        stream_name=_required(event, "StreamName"),
        version=version,
        occurred_at=_instant(_required(of_the_bus, "OccurredAt")),
        data={name: value for name, value in data.items() if name.lower() not in _OF_THE_BUS},
    )


def _required(members: Members, name: str) -> str:
    value = members.text(name)
    if not value:
        raise InvalidBusMessage(f"{name} is missing.")
    return value


def _data_of(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidBusMessage("Event.Data is not JSON.") from None
    if not isinstance(value, dict):
        raise InvalidBusMessage("Event.Data is not an object.")
    if not _can_be_remembered(value):
        raise InvalidBusMessage("Event.Data holds what cannot be stored.")
    return value


def _can_be_remembered(data: dict[str, Any]) -> bool:
    # Numbers beyond 64 bits, halves of characters, and more levels than anybody reads. Neither the event nor that it
    # has failed could be written down, and with it the whole batch would fail, again and again.
    try:
        text = orjson.dumps([data])
    except TypeError:
        return False
    return _NULL_CHARACTER.search(text) is None


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidBusMessage("Event.Data.OccurredAt is not an instant.") from None
    if found.tzinfo is None:
        raise InvalidBusMessage("Event.Data.OccurredAt has no time zone.")
    return found
