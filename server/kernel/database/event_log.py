"""The log of everything that has happened: appended to in the transaction in which it happened."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE
from sqlalchemy.sql.dml import ReturningInsert

from server.kernel.database.rows import A_FEW, arguments_of, insert_alike, insert_rows
from server.kernel.database.types import Instant

metadata = MetaData(schema="kernel")

_UUID = UUID_TYPE(as_uuid=True)

event = Table(
    "event",
    metadata,
    Column("id", _UUID, primary_key=True),
    Column("aggregate_type", Text, nullable=False),
    Column("aggregate_id", _UUID, nullable=False),
    Column("aggregate_prefix", Text, nullable=False, server_default=""),
    Column("version", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("organization_id", _UUID),
    Column("occurred_at", Instant, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("call_id", Text, nullable=False),
    Column("caller_id", _UUID, nullable=False),
    Column("traceparent", Text),
    UniqueConstraint("aggregate_type", "aggregate_id", "version", name="event_version_is_unique"),
    Index("event_by_name", "name", "id"),
)


class Published(NamedTuple):
    """A row of the log, its members in the order of the table's columns."""

    id: UUID
    aggregate_type: str
    aggregate_id: UUID
    aggregate_prefix: str
    version: int
    name: str
    organization_id: UUID | None
    occurred_at: datetime
    data: str  # JSON
    call_id: str
    caller_id: UUID
    traceparent: str | None  # of the call, when it is part of a trace


# What events of one aggregate share that are published together, and what each has.
_SHARED = ("aggregate_type", "aggregate_id", "aggregate_prefix", "occurred_at", "call_id", "caller_id", "traceparent")
_OWN = ("id", "version", "name", "organization_id", "data")
_shared_of, _own_of = attrgetter(*_SHARED), attrgetter(*_OWN)
APPENDED = "appended"  # what an append is called within the statement that it is a part of
_TOLD = [each for each in event.c if each.name not in ("data", "call_id", "caller_id", "traceparent")]
_rows = insert_rows(event, Published._fields)
_alike = insert_alike(event, _SHARED, _OWN)


def append(rows: Sequence[Published]) -> tuple[ReturningInsert[Any], list[Any]]:
    """The insert of *rows*, and its arguments."""
    if 1 < len(rows) <= A_FEW:
        shared = _shared_of(rows[0])
        if all(_shared_of(row) == shared for row in rows[1:]):
            return _append_alike(len(rows)), [*shared, *chain.from_iterable(map(_own_of, rows))]
    return _append(len(rows)), arguments_of(rows)


@cache
def _append(count: int) -> ReturningInsert[Any]:
    return _rows(count).returning(*_TOLD)


@cache
def _append_alike(count: int) -> ReturningInsert[Any]:
    return _alike(count).returning(*_TOLD)
