"""How usages of the local store are found: all SQL that reads them."""

from typing import Any

from sqlalchemy import Text, bindparam

from server.kernel import lists
from server.kernel.database import Reader
from server.kernel.database.types import Instant
from server.kernel.lists import ListQuery, Page
from server.subdomains.ancillary.usages import tables
from server.subdomains.ancillary.usages.domain import KeptUsage, Search

_record = tables.usage_record.c
_UNTIL = bindparam("until_at", type_=Instant)
_TENANT = bindparam("tenant", type_=Text())
_EVENT_NAME = bindparam("event_name", type_=Text())
_USER = bindparam("user_id", type_=Text())
_SEARCH = ListQuery(
    tables.usage_record,
    _record.created_at > bindparam("since_at", type_=Instant),
    _UNTIL.is_(None) | (_record.created_at < _UNTIL),
    _TENANT.is_(None) | (_record.tenant == _TENANT),
    _EVENT_NAME.is_(None) | (_record.event_name == _EVENT_NAME),
    _USER.is_(None) | (_record.user_id == _USER),
    columns={"created_at": _record.created_at, "event_name": _record.event_name},
    id=_record.id,
)


class UsageReader:
    """Reads of usages, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def search_usages(self, page: Page, search: Search) -> list[Any]:
        """Rows of usages, one more than the page holds."""
        filters = {
            "since_at": search.since_at,
            "until_at": search.until_at,
            "tenant": search.organization_id or None,
            "event_name": search.event_name or None,
            "user_id": search.user_id or None,
        }
        return await self._reader.fetch_all(_SEARCH.of(page), filters | lists.after(page))


def kept_of(row: Any) -> KeptUsage:
    """The usage that a row of a list stands for."""
    return KeptUsage(
        id=row.id,
        message_id=row.message_id,
        created_at=row.created_at,
        kind=row.kind,
        event_name=row.event_name,
        user_id=row.user_id,
        tenant=row.tenant,
        properties=row.properties,
    )
