"""The log of everything that has happened: appended to in the transaction in which it happened."""

from collections.abc import Sequence
from datetime import datetime
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
    bindparam,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE

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

_ARRAYS: dict[str, Any] = {
    "id": _UUID,
    "aggregate_type": Text(),
    "aggregate_id": _UUID,
    "aggregate_prefix": Text(),
    "version": BigInteger(),
    "name": Text(),
    "organization_id": _UUID,
    "occurred_at": Instant,
    "data": Text(),
}

APPEND = (
    insert(event)
    .from_select(
        [*_ARRAYS, "call_id", "caller_id"],
        select(
            *[
                cast(func.unnest(bindparam(name, type_=ARRAY(kind))), event.c[name].type).label(name)
                for name, kind in _ARRAYS.items()
            ],
            bindparam("call_id", type_=Text()),
            bindparam("caller_id", type_=_UUID),
        ),
    )
    .returning(event)
)
APPENDED = "appended"  # what APPEND is called within the statement that it is a part of


class Published(NamedTuple):
    """An event and where it stands in the history of its aggregate: a row of the log, but for whose call it was."""

    id: UUID
    aggregate_type: str
    aggregate_id: UUID
    aggregate_prefix: str
    version: int
    name: str
    organization_id: UUID | None
    occurred_at: datetime
    data: str


def parameters_of(events: Sequence[Published], *, call_id: str, caller_id: UUID) -> dict[str, Any]:
    """The parameters of :data:`APPEND` for *events*."""
    columns = zip(Published._fields, zip(*events, strict=True), strict=True)
    return {**dict(columns), "call_id": call_id, "caller_id": caller_id}
