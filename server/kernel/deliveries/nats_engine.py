"""
The engine for many machines: PostgreSQL remembers, NATS JetStream distributes.

Messages stay rows of the same table until they are done, so attempts, order, dead letters and pauses are those of the
embedded engine, and a NATS that is away, started again or emptied loses nothing. What goes through NATS are ids, as
notices that a row is there to be taken. A worker that finds no notice sends out those that are due, for all workers.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from server.kernel.database import Database
from server.kernel.deliveries.dispatches import DISPATCH, GIVE_BACK, GIVE_BACK_ALL, TAKE
from server.kernel.deliveries.engine import Claimed, Engine, EngineSettings, Untried, claimed_of
from server.kernel.deliveries.jetstream import JetStream
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.nats_connection import NatsAway
from server.kernel.deliveries.outcomes import Result
from server.kernel.deliveries.settings import NatsSettings

_A_MOMENT = 0.2
_BATCHES_AHEAD = 10  # what is sent out at once; the rest of a backlog waits in PostgreSQL


class NatsEngine:
    """The queues, on PostgreSQL and NATS."""

    def __init__(self, database: Database, settings: EngineSettings, nats: NatsSettings) -> None:
        self._database = database
        self._rows = Engine(database, settings)
        self._stream = JetStream(nats)
        self.patience = self._rows.patience

    def patience_of(self, queue: Queue) -> EngineSettings:
        """How long a message of *queue* is held, and how often it is tried."""
        return self._rows.patience_of(queue)

    def wake_by(self, wake: Callable[[str], None]) -> None:
        """Call *wake* when something is queued, and when another worker has sent out notices."""
        self._rows.wake_by(wake)
        self._stream.wake_by(wake)

    async def claim(self, queue: Queue, size: int, lease: UUID) -> list[Claimed]:
        """Take up to *size* due messages, oldest first. While NATS is away there are none."""
        claimed: list[Claimed] = []
        try:
            if await self._stream.open(queue):
                await self._give_back_all(queue)  # a new stream is empty: what it held is to be sent out again
            claimed += await self._take(queue, size, lease)
            if len(claimed) < size and await self._dispatch(queue, size):
                # What has just been published is there, though a busy NATS may show it a moment later.
                claimed += await self._take(queue, size - len(claimed), lease, seconds=_A_MOMENT)
        except NatsAway:
            pass  # it has been said in the log; what has been taken is carried out
        await self._rows.bury_abandoned(queue, is_idle=not claimed)
        return claimed

    async def claim_untried(self, queue: Queue, size: int, lease: UUID, untried: Untried) -> list[Claimed]:
        """Take up to *size* of those messages, those that lie in NATS included."""
        await self._give_back_all(queue)
        return await self._rows.claim_untried(queue, size, lease, untried)

    async def is_leased(self, queue: Queue, untried: Untried) -> bool:
        """Whether somebody else holds one of those messages."""
        return await self._rows.is_leased(queue, untried)

    async def settle(self, queue: Queue, claimed: Sequence[Claimed], results: Sequence[Result], lease: UUID) -> None:
        """Delete what was delivered; let the rest wait, or bury it. Messages whose lease ran out stay as they are."""
        await self._rows.settle(queue, claimed, results, lease)

    async def close(self) -> None:
        """Leave NATS."""
        await self._stream.close()

    async def _take(self, queue: Queue, size: int, lease: UUID, *, seconds: float = 0) -> list[Claimed]:
        patience = self.patience_of(queue)
        while notices := await self._stream.fetch(queue, size, seconds=seconds):
            ids = [notice.id for notice in notices]
            until = self._database.now() + patience.lease
            parameters = {"ids": ids, "queue": queue.value, "until": until, "lease": lease}
            rows = await self._database.run(TAKE, parameters)
            if len(rows) < len(notices):  # repeats, of which nothing is left; or the queue has been stopped meanwhile
                await self._database.run(GIVE_BACK, {"ids": ids})
            # From here on the lease brings a message back: its notice has done its work.
            await self._stream.acknowledge(notices)
            if rows:
                return [claimed_of(row, self._database.host_region) for row in rows]
        return []

    async def _dispatch(self, queue: Queue, size: int) -> bool:
        """Send out notices of what is due. False when there is nothing, or nothing of it arrived."""
        patience, leases = self.patience_of(queue), self._rows.leases_of(queue)
        parameters = {
            **leases,
            "until": leases["now"] + patience.lease,
            "size": size * _BATCHES_AHEAD,
            "most_attempts": patience.most_attempts,
        }
        due = [row.id for row in await self._database.run(DISPATCH, parameters)]
        if not due:
            return False
        unsent = await self._stream.publish(queue, due)
        if unsent:
            await self._database.run(GIVE_BACK, {"ids": unsent})
        return len(unsent) < len(due)

    async def _give_back_all(self, queue: Queue) -> None:
        await self._database.run(GIVE_BACK_ALL, {"queue": queue.value})
