"""What has happened: the words in which subdomains speak to each other."""

from collections.abc import Hashable
from dataclasses import fields
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Protocol, cast


class DomainEvent:
    """
    Something that happened to an aggregate, in the past tense.

    A frozen dataclass of ids and plain values, never secrets. ``name`` is ``<subdomain>.<event>.v<n>`` and is never
    reused for other fields.
    """

    name: ClassVar[str]

    def payload(self) -> dict[str, Any]:
        """The event's own fields as JSON values; unset ones are left out."""
        found = {name: _plain(getattr(self, name)) for name in _field_names(self.__class__)}
        return {name: value for name, value in found.items() if value is not None}


class Aggregate(Protocol):
    """What has an identity, a version, and events that are not published yet."""

    aggregate_type: ClassVar[str]
    id: str
    version: int
    events: list[DomainEvent]


@cache
def _field_names(event: Hashable) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cast(Any, event)))


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
