"""
The lanes of a queue, for the subdomain that fills them: forgets what nobody wants any more, revives what was given up.

Lanes that belong together begin with the same text.
"""

from datetime import datetime

from sqlalchemy import Text, bindparam, delete, func, null, update

from server.kernel.database import UnitOfWork
from server.kernel.database.types import Instant
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.tables import delivery

_d = delivery.c
_IN_LANES = (
    _d.queue == bindparam("queue", type_=Text()),
    func.starts_with(_d.lane, bindparam("beginning", type_=Text())),
)
_FORGET = delete(delivery).where(*_IN_LANES)
_REVIVE = (
    update(delivery)
    .where(*_IN_LANES, _d.dead_at.is_not(None), _d.queued_at >= bindparam("since", type_=Instant))
    .values(attempts=0, due_at=bindparam("now", type_=Instant), dead_at=null(), reason=null(), description=null())
)


async def forget_lanes(uow: UnitOfWork, queue: Queue, beginning: str) -> int:
    """Delete what waits and what is dead in the lanes with this *beginning*, and say how much it was."""
    return await uow.execute(_FORGET, {"queue": queue.value, "beginning": beginning})


async def revive_lanes(uow: UnitOfWork, queue: Queue, beginning: str, *, since: datetime, now: datetime) -> int:
    """Give dead letters that were queued from *since* on in these lanes a new life, and say how many they were."""
    uow.notify("deliveries", queue.value)
    parameters = {"queue": queue.value, "beginning": beginning, "since": since, "now": now}
    return await uow.execute(_REVIVE, parameters)
