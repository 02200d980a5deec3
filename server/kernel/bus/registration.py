"""
Writes down which subscriptions there are, so that events reach them from then on.

A subscription is there from the start of the first process that knows it. It is gone a day after the last one said so:
while a new version replaces an old one, neither takes away what only the other knows. Which events it takes is said at
the start of a process, and stands until the next one starts: an old version that goes on does not take it back.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import asyncpg
from sqlalchemy import Boolean, Text, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from server.kernel.bus.bus import Subscription
from server.kernel.bus.tables import subscription, subscription_organization
from server.kernel.database import Database
from server.kernel.database.types import Instant
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.tables import delivery
from server.kernel.errors import ConcurrentModification, StoreUnavailable

log = logging.getLogger(__name__)

_REMEMBERED = timedelta(days=1)
_PAUSE_SECONDS = 1.0

_s = subscription.c
_NAMES = bindparam("names", type_=ARRAY(Text))
_NOW = bindparam("now", type_=Instant)
_FIND = select(_s.name, _s.event_names, _s.is_by_organization).where(_s.name == func.any(_NAMES))
_SEE = update(subscription).where(_s.name == func.any(_NAMES)).values(seen_at=_NOW)
# Whoever has begun to publish commits first; whoever publishes after this finds the subscription.
_AWAIT_WRITERS = select(func.kernel.await_writers_of_events())
_new = insert(subscription).values(
    name=bindparam("name", type_=Text()),
    event_names=bindparam("event_names", type_=ARRAY(Text)),
    is_by_organization=bindparam("is_by_organization", type_=Boolean()),
    is_held=bindparam("is_held", type_=Boolean()),
    created_at=_NOW,
    seen_at=_NOW,
)
_WRITE = _new.on_conflict_do_update(
    index_elements=[_s.name],
    set_={
        "event_names": _new.excluded.event_names,
        "is_by_organization": _new.excluded.is_by_organization,
        "seen_at": _new.excluded.seen_at,
    },
)
_FORGET = delete(subscription).where(_s.seen_at < bindparam("until", type_=Instant)).returning(_s.name)
_FORGET_ORGANIZATIONS = delete(subscription_organization).where(
    subscription_organization.c.subscription == func.any(_NAMES)
)
_FORGET_PENDING = delete(delivery).where(
    delivery.c.queue == Queue.DOMAIN_EVENTS.value,
    delivery.c.dead_at.is_(None),
    delivery.c.subscription == func.any(_NAMES),
)


class Registration:
    """The subscriptions of this process, in the database."""

    def __init__(self, database: Database, subscriptions: Sequence[Subscription]) -> None:
        self._database = database
        self._subscriptions = subscriptions
        self._trying: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Register now, or as soon as the database is there."""
        if not await self._is_registered():
            self._trying = asyncio.create_task(self._try_until_registered())

    async def stop(self) -> None:
        """Try no longer."""
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.gather(self._trying, return_exceptions=True)

    async def register(self) -> None:
        """Write down what is new or has changed. When this returns, each event that is committed reaches them."""
        await self._write(lambda each, row: row is None or not _is_as_written(each, row))

    async def _write(self, is_to_be_written: Callable[[Subscription, Any], bool]) -> None:
        if not self._subscriptions:
            return
        names = [each.name for each in self._subscriptions]
        found = {row.name: row for row in await self._database.reader.fetch_all(_FIND, {"names": names})}
        changed = [each for each in self._subscriptions if is_to_be_written(each, found.get(each.name))]
        async with self._database.begin() as uow:
            if changed:
                await uow.fetch_one(_AWAIT_WRITERS, {})
            for each in sorted(changed, key=lambda each: each.name):
                await uow.execute(_WRITE, self._row(each))
            await uow.execute(_SEE, {"names": names, "now": self._database.now()})
        if changed:
            log.info("subscribed", extra={"subscriptions": ", ".join(each.name for each in changed)})

    async def keep(self) -> None:
        """Say that these subscriptions are known, and forget those that nobody has known for a day."""
        await self._write(lambda each, row: row is None)
        async with self._database.begin() as uow:
            gone = [row.name for row in await uow.fetch_all(_FORGET, {"until": self._database.now() - _REMEMBERED})]
            if gone:
                await uow.execute(_FORGET_ORGANIZATIONS, {"names": gone})
                count = await uow.execute(_FORGET_PENDING, {"names": gone})
                facts = {"subscriptions": ", ".join(gone), "undelivered": count}
                log.warning("subscriptions are gone: nothing has known them for a day", extra=facts)

    def _row(self, each: Subscription) -> dict[str, Any]:
        return {
            "name": each.name,
            "event_names": None if each.event_names is None else list(each.event_names),
            "is_by_organization": each.is_by_organization,
            "is_held": each.from_beginning,  # only when it is new: until it has been given what happened before
            "now": self._database.now(),
        }

    async def _is_registered(self) -> bool:
        try:
            await self.register()
        except (StoreUnavailable, ConcurrentModification, asyncpg.PostgresError) as error:
            # It is away, not migrated yet, too busy to lock, or other processes register at the same time.
            log.warning("cannot subscribe to events yet", extra={"error": type(error).__name__})
            return False
        return True

    async def _try_until_registered(self) -> None:
        is_registered = False
        while not is_registered:
            await asyncio.sleep(_PAUSE_SECONDS)
            is_registered = await self._is_registered()


def _is_as_written(each: Subscription, row: Any) -> bool:
    names = None if each.event_names is None else sorted(each.event_names)
    written = None if row.event_names is None else sorted(row.event_names)
    return (names, each.is_by_organization) == (written, row.is_by_organization)
