"""
The one table of all queues, and how messages get into it.

The message of an event is not in it: it is made from the event log when the event is delivered.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE

from server.kernel.database.event_log import metadata
from server.kernel.database.types import Instant

_UUID = UUID_TYPE(as_uuid=True)

delivery = Table(
    "delivery",
    metadata,
    Column("id", _UUID, primary_key=True),
    Column("queue", Text, nullable=False),
    # Messages of one lane are carried out strictly in order of position; those without a lane in any order.
    Column("lane", Text),
    Column("position", BigInteger, nullable=False, server_default="0"),
    Column("message", Text),
    Column("organization_id", _UUID),
    Column("queued_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("leased_until", Instant),
    Column("leased_by", _UUID),
    Column("dead_at", Instant),
    Column("reason", Text),
    Column("description", Text),
    Column("subscription", Text),
    Column("event_id", _UUID),
    CheckConstraint("(message is null) = (event_id is not null)", name="delivery_has_content"),
    CheckConstraint("(event_id is null) = (subscription is null)", name="delivery_of_event_has_subscription"),
    Index("delivery_by_due", "queue", "due_at", "id", postgresql_where=text("dead_at is null")),
    Index("delivery_by_lane", "queue", "lane", "position", postgresql_where=text("lane is not null")),
    Index("delivery_dead", "queue", "dead_at", "id", postgresql_where=text("dead_at is not null")),
)

paused_queue = Table(
    "paused_queue",
    metadata,
    Column("queue", Text, primary_key=True),
    Column("paused_at", Instant, nullable=False),
    Column("paused_by_id", _UUID, nullable=False),
)

_ARRAYS: dict[str, Any] = {
    "id": _UUID,
    "queue": Text(),
    "lane": Text(),
    "position": BigInteger(),
    "message": Text(),
    "organization_id": _UUID,
    "queued_at": Instant,
    "due_at": Instant,
}

QUEUE = insert(delivery).from_select(
    list(_ARRAYS),
    select(
        *[
            cast(func.unnest(bindparam(name, type_=ARRAY(kind))), delivery.c[name].type).label(name)
            for name, kind in _ARRAYS.items()
        ]
    ),
)
