"""How usages are stored: all SQL about them."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from server.kernel import ids
from server.kernel.database import UnitOfWork
from server.kernel.database.types import Id, Instant
from server.subdomains.ancillary.usages import tables
from server.subdomains.ancillary.usages.domain import UsageRecord

_record = tables.usage_record.c
_ARRAYS: dict[str, Any] = {
    "id": Id("usage"),
    "message_id": Id("msg"),
    "position": Integer(),
    "created_at": Instant,
    "kind": Text(),
    "event_name": Text(),
    "user_id": Text(),
    "tenant": Text(),
    "properties": Text(),
}
_ADD_NEW = (
    insert(tables.usage_record)
    .from_select(
        list(_ARRAYS),
        select(
            *[
                cast(func.unnest(bindparam(name, type_=ARRAY(kind))), _record[name].type).label(name)
                for name, kind in _ARRAYS.items()
            ]
        ),
    )
    .on_conflict_do_nothing(index_elements=[_record.message_id, _record.position])
)


class UsageRepository:
    """Usages, within one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add_new(self, records: Sequence[UsageRecord]) -> None:
        """Insert those records that are not there yet."""
        # In one order everywhere, so that two calls with the same usages cannot wait for each other.
        rows = [_to_row(record) for record in sorted(records, key=lambda record: (record.key, record.position))]
        await self._uow.write(_ADD_NEW, {name: [row[name] for row in rows] for name in _ARRAYS})


def _to_row(record: UsageRecord) -> dict[str, Any]:
    return {
        "id": ids.new_id("usage"),
        "message_id": ids.encode("msg", record.key),
        "position": record.position,
        "created_at": record.created_at,
        "kind": record.kind.value,
        "event_name": record.event_name,
        "user_id": record.user_id,
        "tenant": record.tenant,
        "properties": json.dumps(record.properties, ensure_ascii=False),
    }
