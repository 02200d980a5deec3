"""What has happened: the words in which subdomains speak to each other."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, Self, cast

from pydantic import TypeAdapter

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

_fields: dict[type, tuple[str, ...]] = {}
_kinds: dict[str, type["DomainEvent"]] = {}


class DomainEvent:
    """
    Something that happened to an aggregate, in the past tense.

    A frozen dataclass of ids and plain values, never secrets. ``name`` is ``<subdomain>.<event>.v<n>`` and is never
    reused for other fields. ``was`` has the names it had before, and what makes the fields of then those of now: the
    log keeps events as they were. One that ``is_public`` may leave for addresses that its organization names: it says
    nothing that members of the organization could not read by calls.
    """

    name: ClassVar[str]
    is_public: ClassVar[bool] = False
    was: ClassVar[Mapping[str, Upgrade]] = MappingProxyType({})

    def __init_subclass__(cls) -> None:
        if "name" not in vars(cls):
            return  # what several events have in common
        for name in (cls.name, *cls.was):
            known = _kinds.setdefault(name, cls)
            if (known.__module__, known.__name__) != (cls.__module__, cls.__name__):
                raise TypeError(f"{name} is {known.__name__} already, and cannot be {cls.__name__} too")
            _kinds[name] = cls  # a dataclass with slots is made twice, and the second one counts

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Self:
        """
        The event that :meth:`payload` was made from. Fields that this version does not know are left out.

        Raises:
            ValueError: A field is missing, or is of another type.
        """
        unset = dict.fromkeys(_required_names(cast(Any, cls)))  # what has no value is not in a payload
        return cast(Self, _reader(cast(Any, cls)).validate_python(unset | payload))

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


def kind_of(name: str) -> type[DomainEvent] | None:
    """The class of events that are published by this name, or were. Those of subdomains that run here are known."""
    return _kinds.get(name)


def kinds() -> list[type[DomainEvent]]:
    """Every class of events that is known, in the order of their names."""
    return sorted(set(_kinds.values()), key=lambda kind: kind.name)


def upgraded(kind: type[DomainEvent], name: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The fields of an event that was published as *name*, as its class has them now."""
    upgrade = kind.was.get(name)
    return payload if upgrade is None else upgrade(payload)


@cache
def _reader(kind: type[DomainEvent]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@cache
def _required_names(kind: type[DomainEvent]) -> tuple[str, ...]:
    found = fields(cast(Any, kind))
    return tuple(each.name for each in found if each.default is MISSING and each.default_factory is MISSING)


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
