"""What operators do with queues: see how they stand, stop and start them, give dead letters a new life or none."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text, and_, bindparam, delete, exists, func, null, or_, select, type_coerce, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE

from server.kernel import ids
from server.kernel.bus.tables import subscription
from server.kernel.database import Database, UnitOfWork
from server.kernel.database.event_log import event
from server.kernel.database.types import Id, Instant, Word
from server.kernel.deliveries.messages import Queue, root_id_of
from server.kernel.deliveries.tables import delivery, paused_queue

_UUID = UUID_TYPE(as_uuid=True)
_d = delivery.c
_NOW = bindparam("now", type_=Instant)
_QUEUE = bindparam("queue", type_=Text())
_IDS = bindparam("ids", type_=ARRAY(_UUID))

_MOST_HELD = 100
_COUNTED = ("pending", "due", "leased", "dead", "oldest_at")

_REVIVE = {
    "attempts": 0,
    "due_at": _NOW,
    "dead_at": null(),
    "reason": null(),
    "description": null(),
}
# Of a subscription that is gone nobody would ever take it, dead or alive: so it stays where it can be discarded.
_CAN_LIVE = (
    _d.dead_at.is_not(None),
    or_(_d.subscription.is_(None), exists().where(subscription.c.name == _d.subscription)),
)
_REDRIVE_IDS = update(delivery).where(_d.id == func.any(_IDS), *_CAN_LIVE).values(_REVIVE)
_REDRIVE_QUEUE = update(delivery).where(_d.queue == _QUEUE, *_CAN_LIVE).values(_REVIVE)
_DISCARD = delete(delivery).where(_d.id == func.any(_IDS), _d.dead_at.is_not(None))
_DEAD_AMONG = (
    select(type_coerce(_d.id, Id("msg")).label("id"), _d.queue)
    .where(_d.id == func.any(_IDS), _d.dead_at.is_not(None))
    .order_by(_d.id)
    .with_for_update()
)
_behind = delivery.alias("behind")
_WAITS_BEHIND = (
    _behind.c.queue == _d.queue,
    _behind.c.lane == _d.lane,
    _behind.c.position > _d.position,
    _behind.c.dead_at.is_(None),
)

# Dead letters as operators may see them: without their content, which may hold secrets.
dead_letter = (
    select(
        type_coerce(_d.id, Id("msg")).label("id"),
        type_coerce(_d.queue, Word(Queue)).label("queue"),
        type_coerce(_d.organization_id, Id("org")).label("organization_id"),
        _d.attempts,
        _d.queued_at,
        _d.dead_at,
        _d.reason,
        _d.description,
        _d.subscription,
        type_coerce(_d.event_id, Id("event")).label("event_id"),
        event.c.name.label("event_name"),
        event.c.aggregate_type,
        event.c.aggregate_prefix,
        event.c.aggregate_id,
        event.c.version,
        select(func.count()).where(*_WAITS_BEHIND).correlate(delivery).scalar_subquery().label("held_count"),
    )
    .select_from(delivery.outerjoin(event, event.c.id == _d.event_id))
    .where(_d.dead_at.is_not(None))
    .subquery("dead_letter")
)
_DEAD = (
    select(dead_letter)
    .where(or_(_QUEUE.is_(None), dead_letter.c.queue == _QUEUE))
    .order_by(dead_letter.c.dead_at, dead_letter.c.id)
    .limit(bindparam("size", type_=BigInteger()))
)
_ONE_DEAD = select(dead_letter).where(dead_letter.c.id == bindparam("id", type_=Id("msg")))
_CAUSE = (
    select(_d.message, event.c.call_id, type_coerce(event.c.caller_id, Id("user")).label("caller_id"))
    .select_from(delivery.outerjoin(event, event.c.id == _d.event_id))
    .where(_d.id == bindparam("id", type_=Id("msg")))
)
_HELD = (
    select(type_coerce(_behind.c.id, Id("msg")).label("id"))
    .select_from(_behind, delivery)
    .where(_d.id == bindparam("id", type_=Id("msg")), *_WAITS_BEHIND)
    .order_by(_behind.c.position)
    .limit(_MOST_HELD)
)
_is_pending = _d.dead_at.is_(None)
_is_leased = and_(_is_pending, _d.leased_until > _NOW)
_DEPTHS = (
    select(
        _d.queue,
        func.count().filter(_is_pending).label("pending"),
        func.count()
        .filter(and_(_is_pending, _d.due_at <= _NOW, or_(_d.leased_until.is_(None), ~_is_leased)))
        .label("due"),
        func.count().filter(_is_leased).label("leased"),
        func.count(_d.dead_at).label("dead"),
        func.min(_d.queued_at).filter(_is_pending).label("oldest_at"),
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


@dataclass(frozen=True, slots=True)
class Inspected:
    """All that may be said of a dead letter."""

    row: Any  # of :data:`dead_letter`
    caller_id: str | None
    call_id: str | None
    held_ids: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """How a queue stands."""

    queue: Queue
    pending: int = 0
    due: int = 0
    leased: int = 0
    dead: int = 0
    oldest_at: datetime | None = None
    paused_at: datetime | None = None
    paused_by_id: str | None = None


class Operations:
    """The queues as operators see them, whichever engine carries them out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def dead_among(self, uow: UnitOfWork, message_ids: Sequence[str]) -> list[Any]:
        """Those of the messages that are dead letters, with their queues; nobody else can revive or remove them now."""
        return await uow.fetch_all(_DEAD_AMONG, {"ids": _uuids(message_ids)})

    async def redrive(self, uow: UnitOfWork, *, message_ids: Sequence[str] = (), queue: Queue | None = None) -> int:
        """Give dead letters a new life, now. Others are skipped, and events whose subscription is gone."""
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

    async def inspect(self, message_id: str) -> Inspected | None:
        """One dead letter, who caused it and what waits behind it."""
        parameters, reader = {"id": message_id}, self._database.reader
        row = await reader.fetch_one(_ONE_DEAD, parameters)
        if row is None:
            return None
        cause = await reader.fetch_one(_CAUSE, parameters)
        held = await reader.fetch_all(_HELD, parameters)
        caller_id, call_id = _cause_of(cause) if cause is not None else (None, None)
        return Inspected(row, caller_id, call_id, [each.id for each in held])

    async def states(self) -> list[QueueState]:
        """How every queue stands, empty ones too."""
        depths = {row.queue: row for row in await self.depths()}
        paused = {row.queue: row for row in await self.paused()}
        return [_state_of(queue, depths.get(queue.value), paused.get(queue.value)) for queue in Queue]

    async def depths(self) -> list[Any]:
        """For each queue that has any: how many wait, are due, are held, are dead, and since when the oldest waits."""
        return await self._database.reader.fetch_all(_DEPTHS, {"now": self._database.now()})

    async def paused(self) -> list[Any]:
        """Which queues stand still, since when, and who stopped them."""
        return await self._database.reader.fetch_all(_PAUSED, {})


def stream_of(row: Any) -> str | None:
    """The stream of a dead letter, when it is an event."""
    if row.aggregate_id is None:
        return None
    return f"{row.aggregate_type}_{root_id_of(row.aggregate_type, row.aggregate_prefix, row.aggregate_id)}"


def _uuids(message_ids: Sequence[str]) -> list[UUID]:
    return [ids.decode("msg", each) for each in message_ids]


def _cause_of(row: Any) -> tuple[str | None, str | None]:
    """Whose call it was, and which: an event's stands in the log, a message's in the message."""
    if row.call_id is not None:
        return row.caller_id, row.call_id
    try:
        members = json.loads(row.message)
        found = [members.get(name) for name in ("CallerId", "CallId")]
    except (ValueError, AttributeError, RecursionError):
        return None, None  # whoever queued it did not write a message
    caller_id, call_id = (each if isinstance(each, str) else None for each in found)
    return caller_id, call_id


def _state_of(queue: Queue, depth: Any, pause: Any) -> QueueState:
    counts = {} if depth is None else {name: getattr(depth, name) for name in _COUNTED}
    if pause is None:
        return QueueState(queue=queue, **counts)
    return QueueState(
        queue=queue, **counts, paused_at=pause.paused_at, paused_by_id=ids.encode("user", pause.paused_by_id)
    )
