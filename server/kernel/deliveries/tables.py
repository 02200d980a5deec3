"""
The one table of all queues, and how messages get into it.

The message of an event is not in it: it is made from the event log when the event is delivered.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE

from server.kernel.database.event_log import metadata
from server.kernel.database.rows import insert_rows
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


class Queued(NamedTuple):
    """A new row, its members in the order of :data:`COLUMNS`."""

    id: UUID
    queue: str
    lane: str | None
    position: int
    message: str
    organization_id: UUID | None
    queued_at: datetime
    due_at: datetime


COLUMNS = Queued._fields
queue = insert_rows(delivery, COLUMNS)  # by the number of rows (server.kernel.database.rows)
