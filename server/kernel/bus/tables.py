"""Who subscribes, who has been given what, and how events get onto the bus within the statement that appends them."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    cast,
    column,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE

from server.kernel.database.event_log import APPENDED, metadata
from server.kernel.database.types import Instant
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.tables import delivery

_UUID = UUID_TYPE(as_uuid=True)

subscription = Table(
    "subscription",
    metadata,
    Column("name", Text, primary_key=True),
    Column("event_names", ARRAY(Text)),  # none means all
    # Takes events of those organizations only that subscription_organization names.
    Column("is_by_organization", Boolean, nullable=False, server_default=text("false")),
    # Gathers events and is given none.
    Column("is_held", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", Instant, nullable=False),
    # When a process last said that it knows the subscription.
    Column("seen_at", Instant, nullable=False, server_default=text("now()")),
)

subscription_organization = Table(
    "subscription_organization",
    metadata,
    Column("subscription", Text, nullable=False),
    Column("organization_id", _UUID, nullable=False),
    PrimaryKeyConstraint("subscription", "organization_id"),
)

notification = Table(
    "notification",
    metadata,
    Column("event_id", _UUID, nullable=False),
    Column("subscription", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error_reason", Text),
    Column("created_at", Instant, nullable=False),
    Column("handled_at", Instant),
    Column("event", JSONB),  # of another server: those of this one stand in the log
    PrimaryKeyConstraint("event_id", "subscription"),
    Index("notification_by_time", "created_at", "event_id", "subscription"),
)


def deliveries_of(appended: Any) -> Any:
    """The select of what goes onto the bus for the events of *appended*, in the order of :data:`COLUMNS`."""
    a, s, listed = appended.c, subscription.c, subscription_organization.c
    return select(
        _delivery_id(a.id, s.name),
        _of(f"'{Queue.DOMAIN_EVENTS.value}'"),
        func.concat(s.name, _of("'/'"), a.aggregate_type, _of("'/'"), a.aggregate_id),
        a.version,
        s.name,
        a.id,
        a.organization_id,
        a.occurred_at,
        a.occurred_at,
    ).where(
        or_(s.event_names.is_(None), a.name == func.any(s.event_names)),
        or_(
            s.is_by_organization.is_(False),
            exists().where(listed.subscription == s.name, listed.organization_id == a.organization_id),
        ),
    )


def _delivery_id(event_id: Any, name: Any) -> Any:
    # Sorts as the event does, and is the same whenever it is made: so putting events onto the bus again doubles none.
    digest = func.md5(func.concat(event_id, name))
    head, three, twelve = func.left(cast(event_id, Text), _of("20")), (_of("1"), _of("3")), (_of("4"), _of("12"))
    return cast(func.concat(head, func.substr(digest, *three), _of("'-'"), func.substr(digest, *twelve)), _UUID)


def _of(constant: str) -> Any:
    return literal_column(constant)  # stands in the text, and is no argument


COLUMNS = (
    "id",
    "queue",
    "lane",
    "position",
    "subscription",
    "event_id",
    "organization_id",
    "queued_at",
    "due_at",
)
_appended = table(APPENDED, *[column(each.name, each.type) for each in metadata.tables["kernel.event"].c])

# Runs as a part of the statement that appends the events.
FAN_OUT = insert(delivery).from_select(COLUMNS, deliveries_of(_appended))

_now = bindparam("now", type_=Instant)
HANDLED = insert(notification).from_select(
    ["event_id", "subscription", "status", "attempts", "created_at", "handled_at"],
    select(
        func.unnest(bindparam("event_ids", type_=ARRAY(_UUID))),
        func.unnest(bindparam("subscriptions", type_=ARRAY(Text))),
        literal_column("'handled'"),
        literal_column("1"),
        _now,
        _now,
    ),
)
