"""Finds events of the past in the log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from server.kernel import ids
from server.kernel.database import UnitOfWork
from server.kernel.database.event_log import event
from server.kernel.database.types import Id, Instant
from server.kernel.events import kind_of, upgraded
from server.subdomains.webhooks.domain import Happened

_log = event.c
_FIND = (
    select(event)
    .where(
        _log.name == func.any(bindparam("names", type_=ARRAY(Text))),
        _log.organization_id == bindparam("organization_id", type_=Id("org")),
        _log.occurred_at >= bindparam("since_at", type_=Instant),
        _log.occurred_at < bindparam("until_at", type_=Instant),
    )
    .order_by(_log.id)
    .limit(bindparam("size", type_=BigInteger()))
)


async def past_events(
    uow: UnitOfWork,
    *,
    organization_id: str,
    names: Sequence[str],
    since_at: datetime,
    until_at: datetime,
    size: int,
) -> list[Happened]:
    """What has happened in an organization, oldest first, at most *size* of it."""
    parameters = {
        "names": list(names),
        "organization_id": organization_id,
        "since_at": since_at,
        "until_at": until_at,
        "size": size,
    }
    return [_happened(row) for row in await uow.fetch_all(_FIND, parameters)]


def _happened(row: Any) -> Happened:
    kind = kind_of(row.name)
    assert kind is not None, "only names that are known were asked for"
    subject_id = ids.encode(row.aggregate_prefix or row.aggregate_type.lower(), row.aggregate_id)
    return Happened(
        event_id=ids.encode("event", row.id),
        name=kind.name,
        stream=f"{row.aggregate_type}_{subject_id}",
        subject_id=subject_id,
        version=row.version,
        occurred_at=row.occurred_at.isoformat(),
        data=upgraded(kind, row.name, row.data),
    )
