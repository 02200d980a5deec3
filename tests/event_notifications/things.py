"""Things happen, and somebody listens: a subdomain that publishes and consumes whatever a test wants."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from server.kernel import ids
from server.kernel.bus.consumers import BusConsumer, BusEvent, Reaction
from server.kernel.database import Database, UnitOfWork
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.events import DomainEvent
from server.kernel.subdomain import Platform, Subdomain


class Mood(StrEnum):
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingHappened(DomainEvent):
    """Something happened to a thing."""

    name: ClassVar[str] = "things.thing_happened.v2"
    was: ClassVar[Any] = {"things.thing_occurred.v1": lambda old: {"thing_id": old["thing_id"], "what": old["text"]}}

    thing_id: str
    what: str
    mood: Mood = Mood.GOOD
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingEnded(DomainEvent):
    """A thing is no more."""

    name: ClassVar[str] = "things.thing_ended.v1"

    thing_id: str


@dataclass(slots=True, kw_only=True)
class Thing:
    """An aggregate of which nothing is stored but its events."""

    aggregate_type: ClassVar[str] = "Thing"

    id: str = field(default_factory=lambda: ids.new_id("thing"))
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @property
    def stream(self) -> str:
        return f"Thing_{self.id}"

    def happens(self, *whats: str, **more: Any) -> "Thing":
        self.events += [ThingHappened(thing_id=self.id, what=what, **more) for what in whats]
        return self

    def ends(self) -> "Thing":
        self.events.append(ThingEnded(thing_id=self.id))
        return self


class Listener:
    """
    What a subscription does in a test: it remembers what it was told, and queues a job for each event.

    The job is in the database with the record that the event is handled, or not at all.
    """

    def __init__(self) -> None:
        self.told: list[BusEvent] = []
        self.failing: dict[str, Exception] = {}
        self.also: Reaction | None = None
        self.may_go = asyncio.Event()
        self.may_go.set()

    def forget(self) -> None:
        self.told.clear()
        self.failing.clear()
        self.also = None
        self.may_go.set()

    @property
    def heard(self) -> list[str]:
        return [event.data.get("what", "end") for event in self.told]

    async def take(self, uow: UnitOfWork, event: BusEvent) -> None:
        self.told.append(event)
        await self.may_go.wait()
        uow.deliver(Message(Queue.JOBS, {"About": event.data.get("what", "end")}))
        if self.also is not None:
            await self.also(uow, event)
        if error := self.failing.get(event.data.get("what", "")):
            raise error


class Reactor:
    """What a subdomain does about events of its own database, in the transaction or, when they are queued, later."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.failing: dict[str, Exception] = {}

    async def when_thing_happened_hear(self, uow: UnitOfWork, event: ThingHappened) -> None:
        self.heard.append(event.what)
        uow.deliver(Message(Queue.JOBS, {"About": f"reaction to {event.what}"}))
        if error := self.failing.get(event.what):
            raise error


def things(listener: Listener, reactor: Reactor | None = None, *more: BusConsumer) -> Callable[[Platform], Subdomain]:
    """The subdomain. Its listener takes everything, as ``tenantry-listener``."""

    def wired(platform: Platform) -> Subdomain:
        reactions: dict[type[DomainEvent], list[Reaction]] = (
            {ThingHappened: [reactor.when_thing_happened_hear]} if reactor else {}
        )
        return Subdomain(
            name="the_things", reactions=reactions, consumers=[BusConsumer(name="listener", take=listener.take), *more]
        )

    return wired


async def publish(database: Database, *things: Thing, organization_id: str | None = None) -> None:
    """Let what has happened to things be known."""
    async with database.begin(organization_id) as uow:
        for thing in things:
            await uow.publish(thing)


def bus_message(thing: Thing, what: str = "this", /, **changes: Any) -> str:
    """A message of the bus, as any server could have queued it."""
    data = {"RootId": thing.id, "OccurredAt": "2026-01-02T03:04:05+00:00", "thing_id": thing.id, "what": what}
    event = {
        "Id": ids.new_id("event"),
        "RootAggregateType": "Thing",
        "EventType": "ThingHappened",
        "Data": json.dumps(data),
        "Metadata": ThingHappened.name,
        "StreamName": thing.stream,
        "Version": 1,
    }
    changed = {name: value for name, value in (event | changes).items() if value is not ...}
    return json.dumps({"MessageId": ids.new_id("msg"), "CallId": "call-of-a-test", "Event": changed})
