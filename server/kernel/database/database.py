"""Everything a process holds of its database."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ClauseElement, Select, literal_column, select

from server.kernel.clock import Clock, system_clock
from server.kernel.database.merge import Merged
from server.kernel.database.pool import APPLICATION_ROLE, Pool
from server.kernel.database.reader import Reader
from server.kernel.database.shared_commits import SharedCommits
from server.kernel.database.signals import Signals
from server.kernel.database.statements import Parameters, Row, Statements
from server.kernel.database.unit_of_work import UnitOfWork
from server.kernel.events import DomainEvent

Reaction = Callable[[UnitOfWork, Any], Any]
_ASK: Select[Any] = select(literal_column("1"))
_ANSWER_SECONDS = 2.0


@dataclass(frozen=True)
class Consumer:
    """What one subscription does with the events it takes."""

    subscription: str
    handlers: Mapping[type[DomainEvent], Sequence[Reaction]]


Reactions = Mapping[type[DomainEvent], Sequence[Consumer]]


class Database:
    """The pool, the compiled statements, the notices between processes, and who reacts to which event."""

    def __init__(
        self,
        dsn: str,
        *,
        clock: Clock = system_clock,
        pool_size: int = 16,
        role: str | None = APPLICATION_ROLE,
        host_region: str = "unknown",
        rewrite: Callable[[ClauseElement], ClauseElement] | None = None,
    ) -> None:
        self.pool = Pool(dsn, size=pool_size, role=role)
        self.commits = SharedCommits(dsn, role)
        self.pools = (self.pool, self.commits.pool)
        self.statements = Statements(rewrite)
        self.merged = Merged()
        self.signals = Signals(dsn, self.pool)
        self.reader = Reader(self.pool, self.statements)
        self.reactions: Reactions = {}
        # Of which events workers are told: none at all, and None means every one.
        self.wanted_events: frozenset[str] | None = frozenset()
        self.host_region = host_region
        self._clock = clock

    def begin(self, organization_id: str | None = None, *, is_step: bool = False) -> UnitOfWork:
        """
        Open a unit of work: ``async with begin(organization_id) as uow``.

        A step commits at once even when the answer of the call is kept: for use cases that go on with slow work.
        """
        return UnitOfWork(self, organization_id, is_step=is_step)

    async def run(self, element: ClauseElement, parameters: Parameters) -> list[Row]:
        """
        Run one statement that commits by itself, and return its rows.

        Only for what may run twice: it is tried once more when the connection turns out to be broken.
        """
        return await self.reader.fetch_all(element, parameters)

    def now(self) -> datetime:
        """The present instant."""
        return self._clock()

    async def is_reachable(self) -> bool:
        """Whether PostgreSQL answers. A process that only does not hear the others is slower, and still right."""
        if self.signals.is_connected:
            return True
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self.reader.fetch_all(_ASK, {})
        except Exception:  # noqa: BLE001  # whatever it is, no call would get further
            return False
        return True

    async def start(self) -> None:
        """Begin to listen to the other processes."""
        await self.signals.start()

    async def stop(self) -> None:
        """Send what is left to tell and close all connections."""
        await self.signals.stop()
        for pool in self.pools:
            await pool.close()
