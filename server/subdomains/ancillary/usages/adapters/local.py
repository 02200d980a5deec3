"""Keeps usages in our own database, where operators find them."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from server.kernel import ids
from server.kernel.database import OpenUnitOfWork
from server.kernel.database.types import Id, Instant
from server.subdomains.ancillary.usages import tables
from server.subdomains.ancillary.usages.domain import UsageRecord

_LONGEST = 200  # of whom and where, which are indexed: as long as a search may say, and longer than any id
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


class LocalStore:
    """The analytics service of a deployment that has none."""

    def __init__(self, begin: OpenUnitOfWork) -> None:
        self._begin = begin

    async def tell(self, records: Sequence[UsageRecord]) -> None:
        # In one order everywhere, so that two calls with the same usages cannot wait for each other.
        rows = [_to_row(record) for record in sorted(records, key=lambda record: (record.key, record.position))]
        async with self._begin() as uow:
            await uow.write(_ADD_NEW, {name: [row[name] for row in rows] for name in _ARRAYS})


def _to_row(record: UsageRecord) -> dict[str, Any]:
    return {
        "id": ids.new_id("usage"),
        "message_id": ids.encode("msg", record.key),
        "position": record.position,
        "created_at": record.created_at,
        "kind": record.kind.value,
        "event_name": record.event_name,
        "user_id": record.user_id[:_LONGEST],
        "tenant": record.tenant[:_LONGEST],
        "properties": json.dumps(record.properties, ensure_ascii=False),
    }
