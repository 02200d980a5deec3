"""What has happened: the words in which subdomains speak to each other."""

from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Protocol, cast

_fields: dict[type, tuple[str, ...]] = {}


class DomainEvent:
    """
    Something that happened to an aggregate, in the past tense.

    A frozen dataclass of ids and plain values, never secrets. ``name`` is ``<subdomain>.<event>.v<n>`` and is never
    reused for other fields.
    """

    name: ClassVar[str]

    def payload(self) -> dict[str, Any]:
        """The event's own fields as JSON values; unset ones are left out."""
        return {
            name: value if type(value) is str else _plain(value)
            for name in _field_names(type(self))
            if (value := getattr(self, name)) is not None
        }


class Aggregate(Protocol):
    """What has an identity, a version, and events that are not published yet."""

    aggregate_type: ClassVar[str]
    id: str
    version: int
    events: list[DomainEvent]


def _field_names(event: type[DomainEvent]) -> tuple[str, ...]:
    found = _fields.get(event)
    if found is None:
        found = _fields[event] = tuple(field.name for field in fields(cast(Any, event)))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
