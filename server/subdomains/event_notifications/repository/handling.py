"""The record of what each subscription has been given, as it is written."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Text, bindparam, case, column, exists, func, literal_column, null, select
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE

from server.kernel import ids
from server.kernel.bus.tables import notification, subscription
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.event_log import event
from server.kernel.database.types import Instant
from server.subdomains.event_notifications.queued import QueuedEvent

_UUID = UUID_TYPE(as_uuid=True)
_n = notification.c
_NOW = bindparam("now", type_=Instant)
_given = (
    func.unnest(bindparam("event_ids", type_=ARRAY(_UUID)), bindparam("texts", type_=ARRAY(Text)))
    .table_valued(column("event_id", _UUID), column("text", Text()))
    .render_derived()
)
# What this server has published stands in the log already.
_foreign = case((exists().where(event.c.id == _given.c.event_id), null()), else_=as_type(_given.c.text, JSONB))
_COLUMNS = ["event_id", "subscription", "status", "attempts", "error_reason", "created_at", "handled_at", "event"]
_SUBSCRIPTION = bindparam("subscription", type_=Text())


def _write(status: str, reason: Any, handled_at: Any) -> Any:
    new = insert(notification).from_select(
        _COLUMNS,
        select(
            _given.c.event_id,
            _SUBSCRIPTION,
            literal_column(f"'{status}'"),
            literal_column("1"),
            reason,
            _NOW,
            handled_at,
            _foreign,
        ),
    )
    return new.on_conflict_do_update(
        index_elements=[_n.event_id, _n.subscription],
        set_={
            "status": new.excluded.status,
            "attempts": _n.attempts + 1,
            "error_reason": new.excluded.error_reason,
            "handled_at": new.excluded.handled_at,
        },
        where=_n.status != "handled",
    ).returning(_n.event_id)


# Received and handled in one: nobody else sees the row before the consumer is done, or ever if it fails. Whoever is
# given the same event at the same time waits here, and then finds it handled.
_RECEIVE = _write("handled", as_type(null(), Text()), _NOW)
_FAIL = _write("failed", bindparam("reason", type_=Text()), as_type(null(), Instant))
_IS_SUBSCRIBED = select(subscription.c.name).where(func.lower(subscription.c.name) == func.lower(_SUBSCRIPTION))


class HandlingRepository:
    """What one subscription is given, within one transaction."""

    def __init__(self, uow: UnitOfWork, subscription_name: str, now: datetime) -> None:
        self._uow = uow
        self._subscription = subscription_name
        self._now = now

    async def receive(self, events: Sequence[QueuedEvent]) -> set[str]:
        """Record that *events* are handled, as they will be at the commit, and say which were not handled before."""
        rows = await self._uow.fetch_all(_RECEIVE, self._parameters(events))
        return {ids.encode("event", row.event_id) for row in rows}

    async def fail(self, queued: QueuedEvent, reason: str) -> None:
        """Record that the subscription has failed with an event, unless somebody else has handled it meanwhile."""
        await self._uow.fetch_all(_FAIL, {**self._parameters([queued]), "reason": reason})

    def _parameters(self, events: Sequence[QueuedEvent]) -> dict[str, Any]:
        # In one order everywhere, so that two calls with the same events cannot wait for each other.
        texts: dict[UUID, str] = {ids.decode("event", each.id): _text_of(each) for each in events}
        in_order = sorted(texts)
        return {
            "event_ids": in_order,
            "texts": [texts[key] for key in in_order],
            "subscription": self._subscription,
            "now": self._now,
        }


async def is_subscribed(reader: Reader, name: str) -> bool:
    """Whether any process has subscribed by this name."""
    return await reader.fetch_one(_IS_SUBSCRIBED, {"subscription": name}) is not None


def _text_of(queued: QueuedEvent) -> str:
    """What is remembered of an event of another server."""
    remembered = {
        "aggregate_type": queued.aggregate_type,
        "root_id": queued.root_id,
        "name": queued.name,
        "stream_name": queued.stream_name,
        "version": queued.version,
        "occurred_at": queued.occurred_at.isoformat(),
        "data": queued.data,
    }
    return orjson.dumps(remembered).decode()
