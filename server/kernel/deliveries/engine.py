"""
The embedded engine: claims due messages and settles what became of them.

Any number of workers share it without speaking to each other: a claim skips rows that others hold, and runs out when
its worker dies. At least once, so receivers are idempotent by message id.

No statement here waits for the disk: a claim or an end that a crash of PostgreSQL undoes is only made again. What was
queued is as durable as the use case that queued it.
"""

import logging
import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Text,
    and_,
    bindparam,
    column,
    delete,
    exists,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE

from server.kernel import ids
from server.kernel.bus.tables import subscription
from server.kernel.database import Database
from server.kernel.database.event_log import event
from server.kernel.database.statements import Row
from server.kernel.database.types import Instant
from server.kernel.deliveries.messages import Queue, text_of_event
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.deliveries.tables import delivery, paused_queue
from server.kernel.telemetry.crashes import crash

log = logging.getLogger(__name__)

_UUID = UUID_TYPE(as_uuid=True)
_d = delivery.c
_NOW = bindparam("now", type_=Instant)
_QUEUE = bindparam("queue", type_=Text())
_IDS = bindparam("ids", type_=ARRAY(_UUID))
_LEASE = bindparam("lease", type_=_UUID)
_MOST = bindparam("most_attempts", type_=BigInteger())
_SUBSCRIPTION = bindparam("subscription", type_=Text())
_UNTRIED = (
    _d.id != func.all(bindparam("tried", type_=ARRAY(_UUID))),
    _d.id < bindparam("before", type_=_UUID),
    or_(_SUBSCRIPTION.is_(None), _d.subscription == _SUBSCRIPTION),
)
WITHOUT_WAITING: Any = select(literal_column("set_config('synchronous_commit', 'off', true)").label("without_waiting"))

_LONGEST_TEXT = 1_000
SHORTEST_STRAY, LONGEST_STRAY = 0.8, 1.2  # of waits: spreads load, keeps no secret
_LONGEST_WAIT = timedelta(days=1)
_NEVER = UUID(int=2**128 - 1)
_BEGINNING = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
_LOOK_BACK_EVERY = timedelta(seconds=0.25)
_BURY_SECONDS = 5.0  # while there is something else to do

_subscription = subscription.c
# What no worker takes otherwise, whoever holds it: see also :mod:`server.kernel.deliveries.dispatches`.
MAY_GO: Any = and_(
    ~exists().where(paused_queue.c.queue == _QUEUE),
    or_(_d.subscription.is_(None), exists().where(_subscription.name == _d.subscription, ~_subscription.is_held)),
)

_earlier = delivery.alias("earlier")
# A lease that ends later than any can was given before the clock was put back.
_IS_LEASED_STILL = and_(_d.leased_until > _NOW, _d.leased_until <= bindparam("latest", type_=Instant))
_IS_FREE = and_(
    _d.queue == _QUEUE,
    _d.dead_at.is_(None),
    or_(_d.leased_until.is_(None), not_(_IS_LEASED_STILL)),
    or_(
        _d.lane.is_(None),
        ~exists().where(_earlier.c.queue == _d.queue, _earlier.c.lane == _d.lane, _earlier.c.position < _d.position),
    ),
    MAY_GO,
)


def _is_picked(*more: Any, order: Sequence[Any]) -> Any:
    """The condition of those up to *size* messages that nobody holds, locked, first in *order*."""
    due = select(_d.id).where(_IS_FREE, *more).order_by(*order).limit(bindparam("size", type_=BigInteger()))
    due_ids = due.with_for_update(skip_locked=True, of=delivery).scalar_subquery()
    return _d.id == func.any(func.array(due_ids))


def take(*conditions: Any) -> Any:
    """The statement that leases messages for a worker, which is a try of each, and says what they are."""
    claimed = (
        update(delivery)
        .where(*conditions)
        .values(leased_until=bindparam("until", type_=Instant), leased_by=_LEASE, attempts=_d.attempts + 1)
        .returning(_d.id, _d.due_at, _d.lane, _d.message, _d.attempts, _d.subscription, _d.event_id, _d.reason)
        .cte("claimed")
    )
    told = [each.label(f"event_{each.name}") for each in event.c if each.name != "id"]
    return (
        select(claimed, *told, WITHOUT_WAITING.scalar_subquery())
        .select_from(claimed.outerjoin(event, event.c.id == claimed.c.event_id))
        .order_by(claimed.c.id)
    )


_IS_DUE = (_d.due_at <= _NOW, _d.attempts < _MOST)
IS_NEXT_DUE = _is_picked(*_IS_DUE, order=(_d.due_at, _d.id))
_PLACE = tuple_(bindparam("after_due_at", type_=Instant), bindparam("after_id", type_=_UUID))
_CLAIM_DUE = take(_is_picked(*_IS_DUE, tuple_(_d.due_at, _d.id) > _PLACE, order=(_d.due_at, _d.id)))
# Whoever asks for all wants them in the order of queueing, put off or not.
_CLAIM_ANY = take(_is_picked(_d.attempts < _MOST, *_UNTRIED, order=(_d.id,)))
_IS_LEASED = select(
    exists().where(_d.queue == _QUEUE, _d.dead_at.is_(None), _IS_LEASED_STILL, *_UNTRIED).label("is_leased")
)
_IS_HELD = _d.leased_by == _LEASE
_done = delete(delivery).where(_d.id == func.any(_IDS), _IS_HELD).cte("done")
_DONE = WITHOUT_WAITING.add_cte(_done)
_FAILURE: dict[str, Any] = {
    "id": _UUID,
    "attempts": BigInteger(),
    "due_at": Instant,
    "dead_at": Instant,
    "reason": Text(),
    "description": Text(),
}
_failure = (
    func.unnest(*[bindparam(f"{name}s", type_=ARRAY(kind)) for name, kind in _FAILURE.items()])
    .table_valued(*[column(name, kind) for name, kind in _FAILURE.items()])
    .render_derived()
)
_failed = (
    update(delivery)
    .where(_d.id == _failure.c.id, _IS_HELD)
    .values(
        leased_until=null(),
        leased_by=null(),
        attempts=_failure.c.attempts,
        due_at=_failure.c.due_at,
        dead_at=_failure.c.dead_at,
        reason=_failure.c.reason,
        description=_failure.c.description,
    )
    .cte("failed")
)
_FAILED = WITHOUT_WAITING.add_cte(_failed)
_bury = (
    update(delivery)
    .where(
        _d.queue == _QUEUE,
        _d.dead_at.is_(None),
        _d.attempts >= _MOST,
        or_(_d.leased_until.is_(None), not_(_IS_LEASED_STILL)),
    )
    .values(dead_at=_NOW, leased_until=null(), leased_by=null(), reason="WORKER_DIED")
    .returning(_d.id, _d.subscription)
    .cte("buried")
)
_BURY_ABANDONED = select(_bury.c.id, _bury.c.subscription)


@dataclass(frozen=True)
class EngineSettings:
    """How patient the engine is."""

    lease: timedelta = timedelta(seconds=30)
    most_attempts: int = 5
    backoff_base: timedelta = timedelta(seconds=5)
    backoff_factor: float = 5
    backoff_most: timedelta = timedelta(hours=1)
    asked_most: timedelta = timedelta()  # how long a receiver may ask us to wait


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this worker holds for the length of a lease."""

    id: UUID
    message: str
    attempts: int
    subscription: str | None = None  # of the message bus, when it is an event
    reason: str | None = None  # how its last try ended, as far as that is known


@dataclass(frozen=True, slots=True)
class Untried:
    """Messages that have not been tried, of one subscription or of all, and queued before an instant or any time."""

    tried: Collection[UUID] = ()
    subscription: str | None = None
    before: UUID = _NEVER

    def parameters(self) -> dict[str, Any]:
        return {"tried": list(self.tried), "subscription": self.subscription, "before": self.before}


@dataclass(frozen=True, slots=True)
class _Place:
    """
    Where the last claim of a queue ended, from where the next ones go on for a moment.

    Else each would step again over all that is held or was just deleted before it. Who is late (put back, or committed
    after those that were queued later) is found when the moment is over and a claim begins at the beginning.
    """

    since: datetime
    after: tuple[datetime, UUID] = _BEGINNING
    has_lanes: bool = False

    def moved_behind(self, rows: Sequence[Row]) -> "_Place":
        last = max((row.due_at, row.id) for row in rows)
        return _Place(self.since, max(last, self.after), self.has_lanes or any(row.lane is not None for row in rows))

    def parameters(self) -> dict[str, Any]:
        return {"after_due_at": self.after[0], "after_id": self.after[1]}


class Engine:
    """The queues, on the same PostgreSQL as everything else."""

    def __init__(self, database: Database, settings: EngineSettings) -> None:
        self._database = database
        self._settings = settings
        self.patience: dict[Queue, EngineSettings] = {}  # of those queues that are not as patient as the others
        self._places: dict[Queue, _Place] = {}
        self._bury_at: dict[Queue, float] = {}

    def wake_by(self, wake: Callable[[str], None]) -> None:
        """Call *wake* when there may be something to claim, with the queue or with nothing for all of them."""
        self._database.signals.on("deliveries", wake)

    async def close(self) -> None:
        """Nothing to do: the connections are the database's."""

    def patience_of(self, queue: Queue) -> EngineSettings:
        """How long a message of *queue* is held, and how often it is tried."""
        return self.patience.get(queue, self._settings)

    async def claim(self, queue: Queue, size: int, lease: UUID) -> list[Claimed]:
        """Take up to *size* due messages, oldest first. Those of workers that died too often are buried first."""
        now = self._database.now()
        place = self._places.get(queue)
        if place is None or not place.since <= now < place.since + _LOOK_BACK_EVERY:
            place = _Place(now)
        rows = await self._take(_CLAIM_DUE, queue, size, lease, place.parameters())
        if not rows and place.has_lanes:
            place = _Place(now)
            rows = await self._take(_CLAIM_DUE, queue, size, lease, place.parameters())
        if rows:
            place = place.moved_behind(rows)
        # In a lane the next may stand before the last.
        is_kept = len(rows) == size or not place.has_lanes
        self._places[queue] = place if is_kept else _Place(now)
        return await self._claimed(queue, rows)

    async def claim_untried(self, queue: Queue, size: int, lease: UUID, untried: Untried) -> list[Claimed]:
        """Take up to *size* messages of those, whether they are due or not."""
        return await self._claimed(queue, await self._take(_CLAIM_ANY, queue, size, lease, untried.parameters()))

    async def is_leased(self, queue: Queue, untried: Untried) -> bool:
        """Whether somebody else holds a message of those."""
        parameters = {**self.leases_of(queue), **untried.parameters()}
        row = await self._database.reader.fetch_one(_IS_LEASED, parameters)
        return bool(row and row.is_leased)

    async def settle(self, queue: Queue, claimed: Sequence[Claimed], results: Sequence[Result], lease: UUID) -> None:
        """Delete what was delivered; let the rest wait, or bury it. Messages whose lease ran out stay as they are."""
        pairs = list(zip(claimed, results, strict=True))
        delivered = [each.id for each, result in pairs if _is_done(result)]
        if delivered:
            await self._database.run(_DONE, {"ids": delivered, "lease": lease})
        failed = [self._failure(queue, each, result) for each, result in pairs if not _is_done(result)]
        if failed:
            columns = {f"{name}s": [row[name] for row in failed] for name in _FAILURE}
            await self._database.run(_FAILED, {**columns, "lease": lease})

    async def bury_abandoned(self, queue: Queue, *, is_idle: bool) -> None:
        """Bury messages whose workers died too often: when there is nothing else to do, else now and then."""
        if not is_idle and time.monotonic() < self._bury_at.get(queue, 0.0):
            return
        self._bury_at[queue] = time.monotonic() + _BURY_SECONDS
        most = self.patience_of(queue).most_attempts
        parameters = {**self.leases_of(queue), "most_attempts": most}
        if buried := await self._database.run(_BURY_ABANDONED, parameters):
            log.error("dead letters", extra={"queue": queue, "count": len(buried), "reason": "WORKER_DIED"})
        for name in {row.subscription for row in buried if row.subscription is not None}:
            crash(f"deliveries.{name}", "a dead event holds its stream")

    def _failure(self, queue: Queue, claimed: Claimed, result: Result) -> dict[str, Any]:
        now, patience = self._database.now(), self.patience_of(queue)
        attempts = claimed.attempts - result.is_put_off
        is_dead = result.outcome is Outcome.REFUSED or attempts >= patience.most_attempts
        return {
            "id": claimed.id,
            "attempts": attempts,
            "due_at": now + _wait(patience, attempts, result),
            "dead_at": now if is_dead else None,
            "reason": _storable(result.reason),
            "description": _storable(result.description),
        }

    def leases_of(self, queue: Queue) -> dict[str, Any]:
        """Between which instants the leases of a queue end. Clocks may differ by the length of one."""
        now = self._database.now()
        return {"queue": queue.value, "now": now, "latest": now + 2 * self.patience_of(queue).lease}

    async def _take(self, statement: Any, queue: Queue, size: int, lease: UUID, more: Mapping[str, Any]) -> list[Row]:
        patience, leases = self.patience_of(queue), self.leases_of(queue)
        parameters = {
            **leases,
            "until": leases["now"] + patience.lease,
            "lease": lease,
            "size": size,
            "most_attempts": patience.most_attempts,
        }
        return await self._database.run(statement, {**parameters, **more})

    async def _claimed(self, queue: Queue, rows: Sequence[Row]) -> list[Claimed]:
        await self.bury_abandoned(queue, is_idle=not rows)
        return [claimed_of(row, self._database.host_region) for row in rows]


def claimed_of(row: Any, host_region: str) -> Claimed:
    """A message from a row of what :func:`take` says."""
    message = row.message if row.event_id is None else text_of_event(row, host_region)
    return Claimed(row.id, message, row.attempts, row.subscription, row.reason)


def retry_all(claimed: Sequence[Claimed], reason: str) -> list[Result]:
    """The results of a batch of which nothing is known. The *reason* begins with CALL_."""
    return [Result(ids.encode("msg", each.id), Outcome.RETRY_LATER, reason) for each in claimed]


def _wait(patience: EngineSettings, attempts: int, result: Result) -> timedelta:
    # Other servers ask for what they like: for ever, or to be asked again and again at once.
    asked_for = min(result.retry_after or timedelta(0), _LONGEST_WAIT)
    if result.is_put_off and asked_for > timedelta(0):
        return asked_for
    return max(asked_for, _backoff(patience, attempts))


def _backoff(patience: EngineSettings, attempts: int) -> timedelta:
    most = patience.backoff_most.total_seconds()
    seconds = min(patience.backoff_base.total_seconds(), most)
    for _ in range(attempts - 1):  # step by step: the power of many attempts is beyond any calendar
        seconds = min(seconds * patience.backoff_factor, most)
    return timedelta(seconds=seconds) * random.uniform(SHORTEST_STRAY, LONGEST_STRAY)  # noqa: S311


def _is_done(result: Result) -> bool:
    return result.outcome is Outcome.DELIVERED


def _storable(text: str | None) -> str | None:
    # Gateways say what they like. A text that cannot be stored would leave the whole batch unsettled.
    if text is None:
        return None
    return text[:_LONGEST_TEXT].encode(errors="replace").decode().replace("\x00", "\ufffd")
