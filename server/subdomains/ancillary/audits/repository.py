"""How audits are stored: all SQL about them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from server.kernel import lists
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id, Instant
from server.kernel.lists import ListQuery, Page
from server.subdomains.ancillary.audits import tables
from server.subdomains.ancillary.audits.domain import Audit

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
