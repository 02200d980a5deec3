"""
What workers and drains ask of the queues, and which engine answers.

Whichever it is, messages are rows of the same table, queued by the same transactions and looked after by the same
:class:`~server.kernel.deliveries.operations.Operations`.
"""

from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from server.kernel.database import Database
from server.kernel.deliveries.engine import Claimed, Engine, EngineSettings, Untried
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Result
from server.kernel.deliveries.settings import DeliverySettings


class QueueEngine(Protocol):
    """Hands out messages, and keeps what became of them."""

    patience: dict[Queue, EngineSettings]

    def patience_of(self, queue: Queue) -> EngineSettings:
        """How long a message of *queue* is held, and how often it is tried."""

    def wake_by(self, wake: Callable[[str], None]) -> None:
        """Call *wake* when there may be something to claim, with the queue or with nothing for all of them."""

    async def claim(self, queue: Queue, size: int, lease: UUID) -> list[Claimed]:
        """Take up to *size* due messages, oldest first."""

    async def claim_untried(self, queue: Queue, size: int, lease: UUID, untried: Untried) -> list[Claimed]:
        """Take up to *size* of those messages, whether they are due or not."""

    async def is_leased(self, queue: Queue, untried: Untried) -> bool:
        """Whether somebody else holds one of those messages."""

    async def settle(self, queue: Queue, claimed: Sequence[Claimed], results: Sequence[Result], lease: UUID) -> None:
        """Delete what was delivered; let the rest wait, or bury it. Messages whose lease ran out stay as they are."""

    async def close(self) -> None:
        """End what the engine keeps open for a worker."""


def engine_of(database: Database, settings: DeliverySettings) -> QueueEngine:
    """The engine that the settings choose."""
    if settings.queue_engine == "nats":
        from server.kernel.deliveries.nats_engine import NatsEngine  # noqa: PLC0415  # only what is chosen is loaded

        return NatsEngine(database, settings.engine, settings.nats)
    return Engine(database, settings.engine)
