"""
The statements of messages that lie in NATS.

Such a row is leased by :data:`IN_NATS`. One take is what that lease is good for: whoever takes the row makes the lease
its own, and every further notice of the same row finds nothing. So it does no harm when NATS says something twice.
"""

from uuid import UUID

from sqlalchemy import Text, bindparam, func, null, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE

from server.kernel.database.types import Instant
from server.kernel.deliveries.engine import IS_NEXT_DUE, MAY_GO, WITHOUT_WAITING, take
from server.kernel.deliveries.tables import delivery

IN_NATS = UUID("4e415453-0000-4000-8000-000000000000")

_d = delivery.c
_IDS = bindparam("ids", type_=ARRAY(UUID_TYPE(as_uuid=True)))
_QUEUE = bindparam("queue", type_=Text())
_IS_DISPATCHED = _d.leased_by == IN_NATS
_FREE = {"leased_until": null(), "leased_by": null()}

_dispatched = (
    update(delivery)
    .where(IS_NEXT_DUE)
    .values(leased_until=bindparam("until", type_=Instant), leased_by=IN_NATS)
    .returning(_d.id, _d.due_at)
    .cte("dispatched")
)
DISPATCH = select(_dispatched.c.id, WITHOUT_WAITING.scalar_subquery()).order_by(_dispatched.c.due_at, _dispatched.c.id)

TAKE = take(_d.id == func.any(_IDS), _d.queue == _QUEUE, _d.dead_at.is_(None), _IS_DISPATCHED, MAY_GO)

_given_back = update(delivery).where(_d.id == func.any(_IDS), _IS_DISPATCHED).values(_FREE).cte("given_back")
GIVE_BACK = WITHOUT_WAITING.add_cte(_given_back)

_all_given_back = update(delivery).where(_d.queue == _QUEUE, _IS_DISPATCHED).values(_FREE).cte("given_back")
GIVE_BACK_ALL = WITHOUT_WAITING.add_cte(_all_given_back)
