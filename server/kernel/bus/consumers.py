"""What a subdomain declares to be told of events over the bus: after the commit, in order, at least once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.kernel.database import UnitOfWork
from server.kernel.events import DomainEvent

Reaction = Callable[[UnitOfWork, Any], Awaitable[None]]
_LONGEST_NAME = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class BusEvent:
    """
    An event as the bus delivers it, whoever published it.

    An older version has been made one of today's: ``name`` and ``data`` are those of ``kind``.
    """

    id: str
    name: str
    kind: type[DomainEvent]
    aggregate_type: str
    aggregate_id: str
    stream: str  # the aggregate's type and id
    version: int  # position in the stream, from 1
    organization_id: str | None
    occurred_at: datetime
    data: dict[str, Any]  # the event's own fields

    def decoded(self) -> DomainEvent:
        """
        The event as its subdomain knows it.

        Raises:
            ValueError: Its fields do not fit.
        """
        return self.kind.from_payload(self.data)


Take = Callable[[UnitOfWork, BusEvent], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class BusConsumer:
    """
    A subscription of the bus, and what is done with each event.

    *handlers* are told of events of their classes, as reactions are; *take* of every event, or of those of *kinds*,
    with all that the bus knows of it. Both act as the maintenance account, in the organization of the event, in one
    transaction with the record that it is handled: so each event has its effect once. What leaves the database must be
    queued (``uow.deliver``), or stand being done twice. A handler that raises is tried again later, and later events of
    the same aggregate wait for it.
    """

    name: str  # of the subscription, without the prefix
    handlers: Mapping[type[DomainEvent], Sequence[Reaction]] = field(default_factory=dict)
    take: Take | None = None
    kinds: Sequence[type[DomainEvent]] | None = None
    # Only events of organizations that stand in kernel.subscription_organization for this subscription.
    is_by_organization: bool = False
    # A new subscription is given everything that has ever happened, not only what happens from now on.
    from_beginning: bool = False

    @property
    def event_names(self) -> list[str] | None:
        """What it is told of; ``None`` means everything."""
        if self.take is not None and self.kinds is None:
            return None
        return sorted({name for kind in (*self.handlers, *(self.kinds or ())) for name in (kind.name, *kind.was)})

    async def consume(self, uow: UnitOfWork, event: BusEvent) -> None:
        """Do what is to be done with *event*; what nobody cares for is ignored."""
        if self.take is not None and (self.kinds is None or event.kind in self.kinds):
            await self.take(uow, event)
        if handlers := self.handlers.get(event.kind):
            decoded = event.decoded()
            for handle in handlers:
                await handle(uow, decoded)


def subscription_name(prefix: str, name: str) -> str:
    """What the subscription of a subdomain is called."""
    return f"{prefix}-{name}".replace(".", "-").replace("_", "-")[:_LONGEST_NAME]
