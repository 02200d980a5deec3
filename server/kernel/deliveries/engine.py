"""
The embedded engine: claims due messages, settles what became of them, buries and revives.

Any number of workers share it without speaking to each other: a claim skips rows that others hold, and runs out when
its worker dies. At least once, so receivers are idempotent by message id.
"""

import logging
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text, and_, bindparam, case, delete, exists, func, null, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE

from server.kernel import ids
from server.kernel.database import Database
from server.kernel.database.types import Instant
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.deliveries.tables import delivery

log = logging.getLogger(__name__)

_UUID = UUID_TYPE(as_uuid=True)
_d = delivery.c
_NOW = bindparam("now", type_=Instant)
_QUEUE = bindparam("queue", type_=Text())
_IDS = bindparam("ids", type_=ARRAY(_UUID))
_LEASE = bindparam("lease", type_=_UUID)
_MOST = bindparam("most_attempts", type_=BigInteger())

_LONGEST_TEXT = 1_000

_earlier = delivery.alias("earlier")
_IS_FREE = and_(
    _d.queue == _QUEUE,
    _d.dead_at.is_(None),
    or_(_d.leased_until.is_(None), _d.leased_until <= _NOW),
    or_(
        _d.lane.is_(None),
        ~exists().where(_earlier.c.queue == _d.queue, _earlier.c.lane == _d.lane, _earlier.c.position < _d.position),
    ),
)


def _claim(*more: Any, order: Sequence[Any]) -> Any:
    due = select(_d.id).where(_IS_FREE, *more).order_by(*order).limit(bindparam("size", type_=BigInteger()))
    due_ids = due.with_for_update(skip_locked=True).scalar_subquery()
    return (
        update(delivery)
        .where(_d.id == func.any(func.array(due_ids)))
        .values(leased_until=bindparam("until", type_=Instant), leased_by=_LEASE, attempts=_d.attempts + 1)
        .returning(_d.id, _d.message, _d.attempts)
    )


_CLAIM_DUE = _claim(_d.due_at <= _NOW, _d.attempts < _MOST, order=(_d.due_at, _d.id))
_CLAIM_ANY = _claim(  # whoever asks for all wants them in the order of queueing, put off or not
    _d.attempts < _MOST, _d.id != func.all(bindparam("tried", type_=ARRAY(_UUID))), order=(_d.id,)
)
_IS_LEASED = select(
    exists()
    .where(_d.queue == _QUEUE, _d.dead_at.is_(None), _d.leased_until > _NOW)
    .where(_d.id != func.all(bindparam("tried", type_=ARRAY(_UUID))))
    .label("is_leased")
)
_DONE = delete(delivery).where(_d.id == func.any(_IDS), _d.leased_by == _LEASE)
_FAILED = (
    update(delivery)
    .where(_d.id == bindparam("id_", type_=_UUID), _d.leased_by == _LEASE)
    .values(
        leased_until=null(),
        leased_by=null(),
        due_at=bindparam("due_at", type_=Instant),
        dead_at=bindparam("dead_at", type_=Instant),
        reason=bindparam("reason", type_=Text()),
        description=bindparam("description", type_=Text()),
    )
)
_BURY_ABANDONED = (
    update(delivery)
    .where(
        _d.queue == _QUEUE,
        _d.dead_at.is_(None),
        _d.attempts >= _MOST,
        or_(_d.leased_until.is_(None), _d.leased_until <= _NOW),
    )
    .values(dead_at=_NOW, leased_until=null(), leased_by=null(), reason="WORKER_DIED")
)
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
    select(_d.id, _d.queue, _d.organization_id, _d.attempts, _d.queued_at, _d.dead_at, _d.reason, _d.description)
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


@dataclass(frozen=True)
class EngineSettings:
    """How patient the engine is."""

    lease: timedelta = timedelta(seconds=30)
    most_attempts: int = 5
    backoff_base: timedelta = timedelta(seconds=5)
    backoff_factor: float = 5
    backoff_most: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this worker holds for the length of a lease."""

    id: UUID
    message: str
    attempts: int


class Engine:
    """The queues, on the same PostgreSQL as everything else."""

    def __init__(self, database: Database, settings: EngineSettings) -> None:
        self._database = database
        self.settings = settings

    async def claim(self, queue: Queue, size: int, lease: UUID) -> list[Claimed]:
        """Take up to *size* due messages, oldest first. Those of workers that died too often are buried first."""
        return await self._claim(_CLAIM_DUE, queue, size, lease, {})

    async def claim_untried(self, queue: Queue, size: int, lease: UUID, tried: Collection[UUID]) -> list[Claimed]:
        """Take up to *size* messages that are not in *tried*, whether they are due or not."""
        return await self._claim(_CLAIM_ANY, queue, size, lease, {"tried": list(tried)})

    async def is_leased(self, queue: Queue, tried: Collection[UUID]) -> bool:
        """Whether somebody else holds a message of the queue."""
        parameters = {"queue": queue.value, "now": self._database.now(), "tried": list(tried)}
        row = await self._database.reader.fetch_one(_IS_LEASED, parameters)
        return bool(row and row.is_leased)

    async def settle(self, claimed: Sequence[Claimed], results: Sequence[Result], lease: UUID) -> None:
        """Delete what was delivered; let the rest wait, or bury it. Messages whose lease ran out stay as they are."""
        now = self._database.now()
        delivered = [each.id for each, result in zip(claimed, results, strict=True) if _is_done(result)]
        failed = [(each, result) for each, result in zip(claimed, results, strict=True) if not _is_done(result)]
        async with self._database.begin() as uow:
            if delivered:
                await uow.execute(_DONE, {"ids": delivered, "lease": lease})
            for each, result in failed:
                is_dead = result.outcome is Outcome.REFUSED or each.attempts >= self.settings.most_attempts
                parameters = {
                    "id_": each.id,
                    "lease": lease,
                    "due_at": now + self._backoff(each.attempts),
                    "dead_at": now if is_dead else None,
                    "reason": _storable(result.reason),
                    "description": _storable(result.description),
                }
                await uow.execute(_FAILED, parameters)

    async def redrive(self, *, message_ids: Sequence[str] = (), queue: Queue | None = None) -> int:
        """Give dead letters a new life, now. Ids that are not dead letters are skipped."""
        now = self._database.now()
        async with self._database.begin() as uow:
            if queue is not None:
                count = await uow.execute(_REDRIVE_QUEUE, {"queue": queue.value, "now": now})
            else:
                count = await uow.execute(_REDRIVE_IDS, {"ids": _uuids(message_ids), "now": now})
            uow.notify("deliveries", "")
        return count

    async def discard(self, message_ids: Sequence[str]) -> int:
        """Remove dead letters for good. Ids that are not dead letters are skipped."""
        async with self._database.begin() as uow:
            return await uow.execute(_DISCARD, {"ids": _uuids(message_ids)})
        raise AssertionError("unreachable")

    async def dead(self, queue: Queue | None = None, size: int = 100) -> list[Any]:
        """Dead letters, oldest first, without their content: it may hold secrets."""
        parameters = {"queue": queue.value if queue else None, "size": size}
        return await self._database.reader.fetch_all(_DEAD, parameters)

    async def depths(self) -> list[Any]:
        """For each queue how many messages wait, how many are dead, and since when the oldest waits."""
        return await self._database.reader.fetch_all(_DEPTHS, {})

    async def _claim(
        self, statement: Any, queue: Queue, size: int, lease: UUID, more: Mapping[str, Any]
    ) -> list[Claimed]:
        now = self._database.now()
        most = self.settings.most_attempts
        parameters = {
            "queue": queue.value,
            "now": now,
            "until": now + self.settings.lease,
            "lease": lease,
            "size": size,
            "most_attempts": most,
        }
        async with self._database.begin() as uow:
            rows = await uow.fetch_all(statement, {**parameters, **more})
            if not rows:
                buried = await uow.execute(_BURY_ABANDONED, {"queue": queue.value, "now": now, "most_attempts": most})
                if buried:
                    log.error("dead letters", extra={"queue": queue, "count": buried, "reason": "WORKER_DIED"})
        return sorted((Claimed(row.id, row.message, row.attempts) for row in rows), key=lambda each: each.id)

    def _backoff(self, attempts: int) -> timedelta:
        settings = self.settings
        most = settings.backoff_most.total_seconds()
        seconds = min(settings.backoff_base.total_seconds(), most)
        for _ in range(attempts - 1):  # step by step: the power of many attempts is beyond any calendar
            seconds = min(seconds * settings.backoff_factor, most)
        return timedelta(seconds=seconds) * random.uniform(0.8, 1.2)  # noqa: S311  # spreads load, keeps no secret


def retry_all(claimed: Sequence[Claimed], reason: str) -> list[Result]:
    """The results of a batch of which nothing is known."""
    return [Result(ids.encode("msg", each.id), Outcome.RETRY_LATER, reason) for each in claimed]


def _is_done(result: Result) -> bool:
    return result.outcome is Outcome.DELIVERED


def _storable(text: str | None) -> str | None:
    # Gateways say what they like. A text that cannot be stored would leave the whole batch unsettled.
    if text is None:
        return None
    return text[:_LONGEST_TEXT].encode(errors="replace").decode().replace("\x00", "\ufffd")


def _uuids(message_ids: Sequence[str]) -> list[UUID]:
    return [ids.decode("msg", each) for each in message_ids]
