"""Reads of notifications and dead letters, and the end of notifications that are too old."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE

from server.kernel import ids, lists
from server.kernel.bus.tables import notification
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.event_log import event
from server.kernel.database.types import Id, Instant, Word
from server.kernel.deliveries.messages import Queue, root_id_of, short_name
from server.kernel.deliveries.operations import dead_letter
from server.kernel.lists import ListQuery, Page
from server.subdomains.event_notifications.domain import EventNotification, NotificationStatus

_FORGOTTEN_AT_ONCE = 5_000

_UUID = UUID_TYPE(as_uuid=True)
_n = notification.c


def _text_parameter(name: str) -> Any:
    return bindparam(name, type_=Text())


def _told(name: str) -> Any:
    """What is known of an event of this server, or else of another."""
    return func.coalesce(cast(event.c[name], Text), _n.event[name].astext)


_name = _told("name")
_words = func.replace(func.split_part(_name, literal_column("'.'"), literal_column("2")), "_", " ")
_short_name = func.replace(func.initcap(_words), " ", "")
_notification = (
    select(
        type_coerce(_n.event_id, Id("event")).label("event_id"),
        _n.subscription,
        type_coerce(_n.status, Word(NotificationStatus)).label("status"),
        _n.attempts,
        _n.error_reason,
        _n.created_at,
        _n.handled_at,
        func.concat(cast(_n.event_id, Text), "/", _n.subscription).label("key"),
        _name.label("name"),
        _short_name.label("short_name"),
        _told("aggregate_type").label("aggregate_type"),
        event.c.aggregate_prefix,
        event.c.aggregate_id,
        _told("version").label("version"),
        func.coalesce(event.c.data, _n.event["data"], type_=JSONB).label("data"),
        event.c.occurred_at,
        type_coerce(_n.event, JSONB).label("foreign"),
    )
    .select_from(notification.outerjoin(event, event.c.id == _n.event_id))
    .subquery("event_notification")
)
_found = _notification.c
_stream = _text_parameter("stream_name")
_NOTIFICATIONS = ListQuery(
    _notification,
    _text_parameter("subscription").is_(None)
    | (func.lower(_found.subscription) == func.lower(_text_parameter("subscription"))),
    _text_parameter("event_type").is_(None) | (_found.short_name == _text_parameter("event_type")),
    _text_parameter("status").is_(None) | (type_coerce(_found.status, Text) == _text_parameter("status")),
    or_(
        _stream.is_(None),
        and_(
            _found.aggregate_type == _text_parameter("aggregate_type"),
            _found.aggregate_id == bindparam("aggregate_id", type_=_UUID),
        ),
        _found.foreign["stream_name"].astext == _stream,
    ),
    columns={"created_at": _found.created_at},
    id=_found.key,
)
_d = dead_letter.c
_organization = bindparam("organization_id", type_=Id("org"))
_DEAD_LETTERS = ListQuery(
    dead_letter,
    _text_parameter("queue").is_(None) | (type_coerce(_d.queue, Text) == _text_parameter("queue")),
    _organization.is_(None) | (_d.organization_id == _organization),
    _text_parameter("reason").is_(None) | (_d.reason == _text_parameter("reason")),
    _text_parameter("subscription").is_(None)
    | (func.lower(_d.subscription) == func.lower(_text_parameter("subscription"))),
    columns={"dead_at": _d.dead_at, "queued_at": _d.queued_at},
    id=_d.id,
)
_old = (
    select(_n.event_id, _n.subscription)
    .where(_n.created_at < bindparam("until", type_=Instant))
    .order_by(_n.created_at)
    .limit(bindparam("size", type_=BigInteger()))
)
_FORGET = delete(notification).where(tuple_(_n.event_id, _n.subscription).in_(_old))


class NotificationReader:
    """Reads of notifications and dead letters, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def list_notifications(
        self, page: Page, *, subscription: str, event_type: str, stream_name: str, status: NotificationStatus | None
    ) -> list[Any]:
        """Rows of notifications, one more than the page holds."""
        aggregate_type, aggregate_id = _aggregate_of(stream_name)
        filters = {
            "subscription": subscription or None,
            "event_type": event_type or None,
            "stream_name": stream_name or None,
            "aggregate_type": aggregate_type,
            "aggregate_id": aggregate_id,
            "status": status.value if status else None,
        }
        return await self._reader.fetch_all(_NOTIFICATIONS.of(page), filters | lists.after(page))

    async def list_dead_letters(
        self, page: Page, *, queue: Queue | None, organization_id: str | None, reason: str, subscription: str
    ) -> list[Any]:
        """Rows of dead letters, one more than the page holds."""
        filters = {
            "queue": queue.value if queue else None,
            "organization_id": organization_id,
            "reason": reason or None,
            "subscription": subscription or None,
        }
        return await self._reader.fetch_all(_DEAD_LETTERS.of(page), filters | lists.after(page))


async def forget_older_than(uow: UnitOfWork, until: datetime) -> bool:
    """Delete some of the notifications from before *until*; whether there may be more."""
    count = await uow.execute(_FORGET, {"until": until, "size": _FORGOTTEN_AT_ONCE})
    return count == _FORGOTTEN_AT_ONCE


def notification_of(row: Any) -> EventNotification:
    """The notification that a row of a list stands for."""
    foreign = row.foreign or {}
    if row.aggregate_id is not None:
        root_id = root_id_of(row.aggregate_type, row.aggregate_prefix, row.aggregate_id)
        stream_name, occurred_at = f"{row.aggregate_type}_{root_id}", row.occurred_at.isoformat()
    else:
        root_id, stream_name, occurred_at = (foreign[name] for name in ("root_id", "stream_name", "occurred_at"))
    return EventNotification(
        event_id=row.event_id,
        subscription=row.subscription,
        root_aggregate_type=row.aggregate_type,
        root_id=root_id,
        occurred_at=occurred_at,
        event_type=short_name(row.name),
        name=row.name,
        data=row.data,
        stream_name=stream_name,
        version=int(row.version),
        status=row.status,
        attempts=row.attempts,
        error_reason=row.error_reason,
        created_at=row.created_at,
        handled_at=row.handled_at,
    )


def _aggregate_of(stream_name: str) -> tuple[str | None, Any]:
    """What a stream of this server is called in the log."""
    aggregate_type, _, root_id = stream_name.partition("_")
    prefix = root_id.rpartition("_")[0]
    if not prefix or not ids.is_id(prefix, root_id):
        return None, None
    return aggregate_type, ids.decode(prefix, root_id)
