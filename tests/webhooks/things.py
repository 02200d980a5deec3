"""Things: an aggregate that publishes events, as any subdomain of a product would."""

from dataclasses import dataclass, field
from typing import ClassVar

from server.kernel import ids
from server.kernel.events import DomainEvent
from tests.harness import Running


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingMoved(DomainEvent):
    """A thing is somewhere else."""

    name: ClassVar[str] = "things.thing_moved.v1"
    is_public: ClassVar[bool] = True

    thing_id: str
    organization_id: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingWhispered(DomainEvent):
    """What a customer must not hear."""

    name: ClassVar[str] = "things.thing_whispered.v1"

    thing_id: str
    organization_id: str
    secret: str


@dataclass(slots=True, kw_only=True)
class Thing:
    """The aggregate."""

    aggregate_type: ClassVar[str] = "Thing"

    id: str
    organization_id: str
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    async def move(self, server: Running, *places: str) -> list[str]:
        """Publish moves, and return the ids of the events."""
        return await self._publish(
            server, *[ThingMoved(thing_id=self.id, organization_id=self.organization_id, place=each) for each in places]
        )

    async def whisper(self, server: Running, secret: str) -> list[str]:
        """Publish what is not public."""
        event = ThingWhispered(thing_id=self.id, organization_id=self.organization_id, secret=secret)
        return await self._publish(server, event)

    async def _publish(self, server: Running, *events: DomainEvent) -> list[str]:
        self.events += events
        async with server.app.platform.begin(self.organization_id) as uow:
            await uow.publish(self)
        sql = "SELECT id FROM kernel.event WHERE aggregate_id = $1 ORDER BY version DESC LIMIT $2"
        rows = await server.rows(sql, ids.decode("thing", self.id), len(events))
        return [ids.encode("event", row["id"]) for row in reversed(rows)]
