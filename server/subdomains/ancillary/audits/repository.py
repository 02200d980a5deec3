"""How audits are stored: all SQL about them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Text, bindparam, cast, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert

from server.kernel import ids, lists
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id, Instant
from server.kernel.lists import ListQuery, Page
from server.subdomains.ancillary.audits import tables
from server.subdomains.ancillary.audits.domain import Audit, Search

_audit = tables.audit.c
_ORGANIZATION = bindparam("organization_id", type_=Id("org"))
_ARRAYS: dict[str, Any] = {
    "id": Id("audit"),
    "created_at": Instant,
    "organization_id": Id("org"),
    "against_id": Text(),
    "audit_code": Text(),
    "message_template": Text(),
    "template_arguments": Text(),
    "host_region": Text(),
}
_ADD_NEW = (
    insert(tables.audit)
    .from_select(
        list(_ARRAYS),
        select(
            *[
                cast(func.unnest(bindparam(name, type_=ARRAY(kind))), _audit[name].type).label(name)
                for name, kind in _ARRAYS.items()
            ]
        ),
    )
    .on_conflict_do_nothing(index_elements=[_audit.id])
    .returning(_audit.id)
)
_LIST = ListQuery(
    tables.audit,
    _audit.created_at > bindparam("since_at", type_=Instant),
    _ORGANIZATION.is_(None) | (_audit.organization_id == _ORGANIZATION),
    columns={"created_at": _audit.created_at, "audit_code": _audit.audit_code},
    id=_audit.id,
)
_UNTIL = bindparam("until_at", type_=Instant)
_AGAINST = bindparam("against_id", type_=Text())
_CODE = bindparam("exact_code", type_=Text())
_CODE_PREFIX = bindparam("code_prefix", type_=Text())
_REGION = bindparam("host_region", type_=Text())
_FOUND = (
    _UNTIL.is_(None) | (_audit.created_at < _UNTIL),
    _ORGANIZATION.is_(None) | (_audit.organization_id == _ORGANIZATION),
    _AGAINST.is_(None) | (_audit.against_id == _AGAINST),
    _CODE.is_(None) | (_audit.audit_code == _CODE),
    _CODE_PREFIX.is_(None) | func.starts_with(_audit.audit_code, _CODE_PREFIX),
    _REGION.is_(None) | (_audit.host_region == _REGION),
)
_SEARCH = ListQuery(
    tables.audit,
    _audit.created_at > bindparam("since_at", type_=Instant),
    *_FOUND,
    columns={"created_at": _audit.created_at, "audit_code": _audit.audit_code},
    id=_audit.id,
)
_BATCH_ROWS = 500
_BATCH_BYTES = 1024 * 1024  # of texts; the last audit of a batch may go past it, and is never over a mebibyte itself
_AFTER_ALL_IDS = ids.encode("audit", UUID(int=(1 << 128) - 1))


def _batch() -> Select[Any]:
    """The next audits of a search by time, as many as may be held in memory."""
    position = (bindparam("after_at", type_=Instant), bindparam("after_id", type_=Id("audit")))
    order = (_audit.created_at, _audit.id)
    rows = select(tables.audit).where(tuple_(*order) > tuple_(*position), *_FOUND).order_by(*order).limit(_BATCH_ROWS)
    next_rows = rows.subquery("next")
    found = next_rows.c
    size = func.octet_length(found.message_template) + func.octet_length(cast(found.template_arguments, Text))
    before = func.sum(size).over(order_by=(found.created_at, found.id), rows=(None, -1))
    weighed = select(next_rows, func.coalesce(before, 0).label("bytes_before")).subquery("weighed")
    kept = [weighed.c[column.name] for column in tables.audit.c]
    return (
        select(*kept)
        .where(weighed.c.bytes_before < bindparam("most_bytes", type_=Integer()))
        .order_by(weighed.c.created_at, weighed.c.id)
    )


_BATCH = _batch()


class AuditRepository:
    """Audits, within one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add_new(self, audits: Sequence[Audit]) -> None:
        """Insert those audits that are not there yet, and publish their events."""
        # In one order everywhere, so that two calls with the same audits cannot wait for each other.
        ordered = sorted(audits, key=lambda audit: audit.id)
        rows = [_to_row(audit) for audit in ordered]
        added = await self._uow.fetch_all(_ADD_NEW, {name: [row[name] for row in rows] for name in _ARRAYS})
        fresh = {row.id for row in added}
        for audit in ordered:
            if audit.id in fresh:
                fresh.remove(audit.id)
                await self._uow.publish(audit)


class AuditReader:
    """Reads of audits, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def list_audits(self, page: Page, *, since_at: datetime, organization_id: str | None) -> list[Any]:
        """Rows of audits, one more than the page holds."""
        filters = {"since_at": since_at, "organization_id": organization_id}
        return await self._reader.fetch_all(_LIST.of(page), filters | lists.after(page))

    async def search_audits(self, page: Page, search: Search) -> list[Any]:
        """Rows of audits, one more than the page holds."""
        filters = _filters(search) | {"since_at": search.since_at}
        return await self._reader.fetch_all(_SEARCH.of(page), filters | lists.after(page))

    async def next_audits(self, search: Search, after: tuple[datetime, str] | None) -> list[Audit]:
        """The first audits of a search, or those that follow after this position; none at the end."""
        after_at, after_id = after or (search.since_at, _AFTER_ALL_IDS)
        parameters = {"after_at": after_at, "after_id": after_id, "most_bytes": _BATCH_BYTES}
        return [audit_of(row) for row in await self._reader.fetch_all(_BATCH, _filters(search) | parameters)]


def audit_of(row: Any) -> Audit:
    """The audit that a row of a list stands for."""
    return Audit(
        id=row.id,
        created_at=row.created_at,
        organization_id=row.organization_id,
        against_id=row.against_id,
        audit_code=row.audit_code,
        message_template=row.message_template,
        template_arguments=row.template_arguments,
        host_region=row.host_region,
        version=1,
    )


def _filters(search: Search) -> dict[str, Any]:
    return {
        "until_at": search.until_at,
        "organization_id": search.organization_id,
        "against_id": search.against_id or None,
        "exact_code": search.exact_code,
        "code_prefix": search.code_prefix,
        "host_region": search.host_region or None,
    }


def _to_row(audit: Audit) -> dict[str, Any]:
    return {
        "id": audit.id,
        "created_at": audit.created_at,
        "organization_id": audit.organization_id,
        "against_id": audit.against_id,
        "audit_code": audit.audit_code,
        "message_template": audit.message_template,
        "template_arguments": json.dumps(list(audit.template_arguments), ensure_ascii=False),
        "host_region": audit.host_region,
    }
