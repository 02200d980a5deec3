"""
Gives subscriptions that start from the beginning what happened before they were there.

Such a subscription is held while this lasts: new events gather, and none is delivered before its turn.
"""

import logging
from uuid import UUID

from sqlalchemy import BigInteger, Text, bindparam, exists, select, update
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE
from sqlalchemy.dialects.postgresql import insert

from server.kernel.bus.tables import COLUMNS, deliveries_of, notification, subscription
from server.kernel.database import Database
from server.kernel.database.event_log import event
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.tables import delivery

log = logging.getLogger(__name__)

_BATCH = 5_000
_MOST_BATCHES = 20  # at a time: other housekeeping waits
_START = UUID(int=0)

_UUID = UUID_TYPE(as_uuid=True)
_NAME = bindparam("name", type_=Text())
_AFTER = bindparam("after", type_=_UUID)
_HELD = select(subscription.c.name).where(subscription.c.is_held).order_by(subscription.c.name)
# One process at a time; when another has let the subscription go meanwhile, there is nothing left to do.
_LOCK = (
    select(subscription.c.name)
    .where(subscription.c.name == _NAME, subscription.c.is_held)
    .with_for_update(skip_locked=True)
)
_next = select(event.c.id).where(event.c.id > _AFTER).order_by(event.c.id).limit(bindparam("size", type_=BigInteger()))
_batch = _next.subquery()
_LAST = select(_batch.c.id).order_by(_batch.c.id.desc()).limit(1)
_handled = exists().where(
    notification.c.event_id == event.c.id,
    notification.c.subscription == subscription.c.name,
    notification.c.status == "handled",
)
_GIVE = (
    insert(delivery)
    .from_select(
        COLUMNS,
        deliveries_of(event).where(
            subscription.c.name == _NAME, event.c.id > _AFTER, event.c.id <= bindparam("last", type_=_UUID), ~_handled
        ),
    )
    .on_conflict_do_nothing(index_elements=[delivery.c.id])
)
_LET_GO = update(subscription).where(subscription.c.name == _NAME).values(is_held=False)


class Backfill:
    """Goes through the event log once for each subscription that is held."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reached: dict[str, UUID] = {}  # by subscription; another process begins anew, and doubles nothing

    async def run(self) -> None:
        """Give held subscriptions more of what happened, and let go those that have everything."""
        held = await self._database.reader.fetch_all(_HELD, {})
        # Another process may have let one go: should it ever come back, it starts from the beginning again.
        self._reached = {row.name: self._reached[row.name] for row in held if row.name in self._reached}
        for row in held:
            for _ in range(_MOST_BATCHES):
                if not await self._give_batch(row.name):
                    break

    async def _give_batch(self, name: str) -> bool:
        """Queue some more; whether there may be more still."""
        after = self._reached.get(name, _START)
        async with self._database.begin() as uow:
            if await uow.fetch_one(_LOCK, {"name": name}) is None:
                return False
            last = await uow.fetch_one(_LAST, {"after": after, "size": _BATCH})
            if last is None:
                await uow.execute(_LET_GO, {"name": name})
                uow.notify("deliveries", Queue.DOMAIN_EVENTS.value)
            else:
                await uow.execute(_GIVE, {"name": name, "after": after, "last": last.id})
        if last is None:
            self._reached.pop(name, None)
            log.info("a subscription has all events of the past", extra={"subscription": name})
            return False
        self._reached[name] = last.id
        return True
