"""
Messages that wait for an instant which the clock has taken away again by going back.

What was to go at once, or is to be tried again, was put off by minutes at most, or by hours. Whatever waits for longer
was written by a clock that was ahead, and goes now. What was queued for a later instant waits for it.
"""

import logging

from sqlalchemy import Interval, Text, and_, bindparam, or_, update

from server.kernel.database import Database
from server.kernel.database.types import Instant
from server.kernel.deliveries.engine import LONGEST_STRAY, EngineSettings
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.tables import delivery

log = logging.getLogger(__name__)

_d = delivery.c
_NOW = bindparam("now", type_=Instant)
_MAKE_DUE = (
    update(delivery)
    .where(
        _d.queue == bindparam("queue", type_=Text()),
        _d.dead_at.is_(None),
        _d.due_at > _NOW,
        or_(
            and_(_d.attempts == 0, _d.due_at == _d.queued_at),
            and_(_d.attempts > 0, _d.due_at > _NOW + bindparam("longest", type_=Interval())),
        ),
    )
    .values(due_at=_NOW)
    .returning(_d.id)
)


async def make_due(database: Database, queue: Queue, patience: EngineSettings) -> int:
    """Let go what waits for no reason, and say how many messages that were."""
    longest = max(patience.backoff_most * LONGEST_STRAY, patience.asked_most)
    rows = await database.run(_MAKE_DUE, {"queue": queue.value, "now": database.now(), "longest": longest})
    if rows:
        log.warning("the clock has gone back: messages wait no longer", extra={"queue": queue, "count": len(rows)})
        database.signals.send("deliveries", queue.value)
    return len(rows)
