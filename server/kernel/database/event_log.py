"""The log of everything that has happened: appended to in the transaction in which it happened."""

from datetime import datetime
from functools import cache
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

from server.kernel.database.rows import insert_rows
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
    UniqueConstraint("aggregate_type", "aggregate_id", "version", name="event_version_is_unique"),
    Index("event_by_name", "name", "id"),
)


class Published(NamedTuple):
    """A row of the log, its members in the order of :data:`COLUMNS`."""

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


COLUMNS = Published._fields
APPENDED = "appended"  # what an append is called within the statement that it is a part of
_TOLD = [event.c[name] for name in COLUMNS if name not in ("data", "call_id", "caller_id")]
_rows = insert_rows(event, COLUMNS)


@cache
def append(count: int) -> ReturningInsert[Any]:
    """The insert of so many rows (:mod:`server.kernel.database.rows`)."""
    return _rows(count).returning(*_TOLD)
