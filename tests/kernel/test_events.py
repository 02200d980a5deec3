"""Events: each can be read again from what was published of it."""

import dataclasses
import json
import types
import typing
from datetime import UTC, datetime
from enum import Enum
from typing import Any, ClassVar

import pytest

from server import composition
from server.kernel.events import DomainEvent, kind_of, kinds, upgraded

PUBLISHED = [kind for kind in kinds() if kind.__module__.startswith("server.")]


def some(kind: Any, *, is_full: bool) -> Any:
    """A value of a type; none of an optional one, unless it is full."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return some(arguments[0], is_full=is_full) if is_full else None
    if origin in (list, tuple):
        return origin([some(arguments[0], is_full=is_full)])
    if origin is dict:
        return {"name": some(arguments[1], is_full=is_full)}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if typing_is_dict(kind):
        return {name: some(each, is_full=is_full) for name, each in typing.get_type_hints(kind).items()}
    return {str: "word", int: 7, bool: True, float: 0.5, datetime: datetime(2026, 1, 2, 3, 4, 5, 6, UTC)}[kind]


def typing_is_dict(kind: Any) -> bool:
    return isinstance(kind, type) and hasattr(kind, "__total__")


@pytest.mark.parametrize("is_full", [True, False], ids=["full", "bare"])
@pytest.mark.parametrize("kind", PUBLISHED, ids=lambda kind: kind.name)
def test_an_event_that_was_published_can_be_read_again(kind: Any, is_full: bool) -> None:
    hints = typing.get_type_hints(kind)
    event = kind(**{field.name: some(hints[field.name], is_full=is_full) for field in dataclasses.fields(kind)})

    published = json.loads(json.dumps(event.payload()))

    assert kind.from_payload(published | {"a_field_of_tomorrow": 1}) == event


def test_every_event_says_what_it_means() -> None:
    assert composition.SUBDOMAINS
    assert [kind.name for kind in PUBLISHED if (kind.__doc__ or "").startswith(f"{kind.__name__}(")] == []


def test_an_event_has_the_name_of_its_subdomain_and_a_version() -> None:
    for kind in PUBLISHED:
        subdomain, _, version = kind.name.split(".")
        assert kind.__module__.split(".")[-2] == subdomain
        assert version[0] == "v"
        assert int(version[1:]) > 0


def test_a_name_is_of_one_event_only() -> None:
    taken = PUBLISHED[0].name
    with pytest.raises(TypeError, match="already"):

        class Other(DomainEvent):
            name: ClassVar[str] = taken

    assert kind_of(taken) is PUBLISHED[0]


def test_an_older_name_leads_to_the_event_of_today() -> None:
    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class Grown(DomainEvent):
        name: ClassVar[str] = "probe.grown.v2"
        was: ClassVar[Any] = {"probe.grown.v1": lambda old: {"height": old["size"]}}

        height: int

    kind = kind_of("probe.grown.v1")

    assert kind is Grown
    assert kind.from_payload(upgraded(kind, "probe.grown.v1", {"size": 3})) == Grown(height=3)
    assert upgraded(kind, "probe.grown.v2", {"height": 3}) == {"height": 3}
    assert kind_of("probe.unheard_of.v1") is None
