"""The log of everything that has happened: appended to in the transaction in which it happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
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
from server.kernel.events import DomainEvent

metadata = MetaData(schema="kernel")

_UUID = UUID_TYPE(as_uuid=True)

event = Table(
    "event",
    metadata,
    Column("id", _UUID, primary_key=True),
    Column("aggregate_type", Text, nullable=False),
    Column("aggregate_id", _UUID, nullable=False),
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
    "version": BigInteger(),
    "name": Text(),
    "organization_id": _UUID,
    "occurred_at": Instant,
    "data": Text(),
}

APPEND = insert(event).from_select(
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


@dataclass(frozen=True, slots=True)
class Published:
    """An event and where it stands in the history of its aggregate."""

    id: UUID
    event: DomainEvent
    aggregate_type: str
    aggregate_id: UUID
    version: int
    organization_id: UUID | None
    occurred_at: datetime
    data: str


def parameters_of(events: Sequence[Published], *, call_id: str, caller_id: UUID) -> dict[str, Any]:
    """The parameters of :data:`APPEND` for *events*."""
    return {
        "id": [published.id for published in events],
        "aggregate_type": [published.aggregate_type for published in events],
        "aggregate_id": [published.aggregate_id for published in events],
        "version": [published.version for published in events],
        "name": [published.event.name for published in events],
        "organization_id": [published.organization_id for published in events],
        "occurred_at": [published.occurred_at for published in events],
        "data": [published.data for published in events],
        "call_id": call_id,
        "caller_id": caller_id,
    }
