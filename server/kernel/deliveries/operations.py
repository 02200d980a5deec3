"""What operators do with queues: see how they stand, stop and start them, give dead letters a new life or none."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text, bindparam, case, delete, func, null, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE

from server.kernel import ids
from server.kernel.database import Database, UnitOfWork
from server.kernel.database.types import Instant
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.tables import delivery, paused_queue

_UUID = UUID_TYPE(as_uuid=True)
_d = delivery.c
_NOW = bindparam("now", type_=Instant)
_QUEUE = bindparam("queue", type_=Text())
_IDS = bindparam("ids", type_=ARRAY(_UUID))

_REVIVE = {
    "attempts": 0,
    "due_at": _NOW,
    "dead_at": null(),
    "reason": null(),
    "description": null(),
}
_REDRIVE_IDS = update(delivery).where(_d.id == func.any(_IDS), _d.dead_at.is_not(None)).values(_REVIVE)
_REDRIVE_QUEUE = update(delivery).where(_d.queue == _QUEUE, _d.dead_at.is_not(None)).values(_REVIVE)
_DISCARD = delete(delivery).where(_d.id == func.any(_IDS), _d.dead_at.is_not(None))
_DEAD = (
    select(
        _d.id,
        _d.queue,
        _d.organization_id,
        _d.attempts,
        _d.queued_at,
        _d.dead_at,
        _d.reason,
        _d.description,
        _d.subscription,
        _d.event_id,
    )
    .where(or_(_QUEUE.is_(None), _d.queue == _QUEUE), _d.dead_at.is_not(None))
    .order_by(_d.dead_at, _d.id)
    .limit(bindparam("size", type_=BigInteger()))
)
_DEPTHS = (
    select(
        _d.queue,
        func.count(case((_d.dead_at.is_(None), 1))).label("pending"),
        func.count(_d.dead_at).label("dead"),
        func.min(case((_d.dead_at.is_(None), _d.queued_at))).label("oldest_at"),
    )
    .group_by(_d.queue)
    .order_by(_d.queue)
)
_PAUSE = (
    insert(paused_queue)
    .values(queue=_QUEUE, paused_at=_NOW, paused_by_id=bindparam("paused_by_id", type_=_UUID))
    .on_conflict_do_nothing(index_elements=[paused_queue.c.queue])
)
_RESUME = delete(paused_queue).where(paused_queue.c.queue == _QUEUE)
_PAUSED = select(paused_queue).order_by(paused_queue.c.queue)


class Operations:
    """The queues as operators see them, whichever engine carries them out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def redrive(self, uow: UnitOfWork, *, message_ids: Sequence[str] = (), queue: Queue | None = None) -> int:
        """Give dead letters a new life, now. Ids that are not dead letters are skipped."""
        uow.notify("deliveries", "")
        now = self._database.now()
        if queue is not None:
            return await uow.execute(_REDRIVE_QUEUE, {"queue": queue.value, "now": now})
        return await uow.execute(_REDRIVE_IDS, {"ids": _uuids(message_ids), "now": now})

    async def discard(self, uow: UnitOfWork, message_ids: Sequence[str]) -> int:
        """Remove dead letters for good. Ids that are not dead letters are skipped."""
        uow.notify("deliveries", "")  # what one of them held goes on
        return await uow.execute(_DISCARD, {"ids": _uuids(message_ids)})

    async def pause(self, uow: UnitOfWork, queue: Queue, user_id: str) -> bool:
        """Take no more messages of *queue*; batches in hand are finished. False when it is paused already."""
        parameters = {"queue": queue.value, "now": self._database.now(), "paused_by_id": ids.decode("user", user_id)}
        return await uow.execute(_PAUSE, parameters) > 0

    async def resume(self, uow: UnitOfWork, queue: Queue) -> bool:
        """Go on with *queue*. False when it is not paused."""
        uow.notify("deliveries", "")
        return await uow.execute(_RESUME, {"queue": queue.value}) > 0

    async def dead(self, queue: Queue | None = None, size: int = 100) -> list[Any]:
        """Dead letters, oldest first, without their content: it may hold secrets."""
        parameters = {"queue": queue.value if queue else None, "size": size}
        return await self._database.reader.fetch_all(_DEAD, parameters)

    async def depths(self) -> list[Any]:
        """For each queue how many messages wait, how many are dead, and since when the oldest waits."""
        return await self._database.reader.fetch_all(_DEPTHS, {})

    async def paused(self) -> list[Any]:
        """Which queues stand still, since when, and who stopped them."""
        return await self._database.reader.fetch_all(_PAUSED, {})


def _uuids(message_ids: Sequence[str]) -> list[UUID]:
    return [ids.decode("msg", each) for each in message_ids]
