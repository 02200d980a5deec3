"""How attempts are stored, and what follows from them for the health of an endpoint."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, bindparam, delete, func, insert, not_, null, or_, select, update

from server.kernel import lists
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id, Instant
from server.kernel.lists import ListQuery, Page
from server.subdomains.webhooks import tables
from server.subdomains.webhooks.domain import Attempt, WebhookEndpoint
from server.subdomains.webhooks.errors import WebhookEndpointNotFound

_attempt, _health = tables.attempt.c, tables.health.c
_ORGANIZATION = bindparam("organization_id", type_=Id("org"))
_NOW = bindparam("now", type_=Instant)
_UNTIL = bindparam("until", type_=Instant)

_INSERT = insert(tables.attempt)
_RECORD_SUCCESS = (
    update(tables.health)
    .where(_health.endpoint_id == bindparam("id"))
    .values(failing_since_at=null(), last_delivered_at=_NOW, rests_until=null())
)
_RECORD_FAILURE = (
    update(tables.health)
    .where(_health.endpoint_id == bindparam("id"))
    .values(
        failing_since_at=func.coalesce(_health.failing_since_at, _NOW),
        last_failed_at=_NOW,
        last_failure=bindparam("failure"),
        rests_until=bindparam("rests_until"),
    )
)
_LIST = ListQuery(
    tables.attempt,
    _attempt.organization_id == _ORGANIZATION,
    _attempt.endpoint_id == bindparam("endpoint_id"),
    _attempt.attempted_at > bindparam("since_at"),
    or_(not_(bindparam("failed_only", type_=Boolean())), _attempt.failure.is_not(None)),
    columns={"attempted_at": _attempt.attempted_at},
    id=_attempt.id,
)
_UNSWEPT = (
    select(_health.organization_id)
    .where(_health.swept_at < _UNTIL)
    .order_by(_health.swept_at)
    .limit(bindparam("size", type_=BigInteger()))
)
_SWEEP = delete(tables.attempt).where(
    _attempt.organization_id == _ORGANIZATION, _attempt.attempted_at <= bindparam("since_at")
)
_SWEPT = update(tables.health).where(_health.organization_id == _ORGANIZATION).values(swept_at=_NOW)


class AttemptRepository:
    """The attempts at endpoints of one organization, within one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add(self, endpoint: WebhookEndpoint, attempt: Attempt) -> None:
        """
        Keep an attempt, and let the endpoint rest when that is called for.

        :class:`WebhookEndpointNotFound` is raised as the transaction ends when the endpoint is gone meanwhile.
        """
        row = {
            "organization_id": endpoint.organization_id,
            "id": attempt.id,
            "endpoint_id": endpoint.id,
            "event_id": attempt.event_id,
            "event_type": attempt.event_type,
            "attempted_at": attempt.attempted_at,
            "duration_milliseconds": round(attempt.duration.total_seconds() * 1000),
            "http_status": attempt.http_status,
            "failure": attempt.failure,
        }
        await self._uow.write(_INSERT, row, {"attempt_is_at_an_endpoint": WebhookEndpointNotFound()})
        ended_at = attempt.attempted_at + attempt.duration
        health = {"id": endpoint.id, "now": ended_at}
        if attempt.is_delivered:
            await self._uow.write(_RECORD_SUCCESS, health)
        else:
            rests_until = ended_at + attempt.rest if attempt.rest else None
            await self._uow.write(_RECORD_FAILURE, health | {"failure": attempt.failure, "rests_until": rests_until})

    async def sweep(self, organization_id: str, since_at: datetime, now: datetime) -> int:
        """Forget what is older than *since_at*, and say how much it was."""
        count = await self._uow.execute(_SWEEP, {"organization_id": organization_id, "since_at": since_at})
        await self._uow.write(_SWEPT, {"organization_id": organization_id, "now": now})
        return count


class AttemptReader:
    """Reads of attempts, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def list_attempts(
        self, organization_id: str, endpoint_id: str, page: Page, *, since_at: datetime, failed_only: bool
    ) -> list[Any]:
        """Rows of attempts, one more than the page holds."""
        filters = {
            "organization_id": organization_id,
            "endpoint_id": endpoint_id,
            "since_at": since_at,
            "failed_only": failed_only,
        }
        return await self._reader.fetch_all(_LIST.of(page), filters | lists.after(page))

    async def unswept(self, until: datetime, size: int) -> list[str]:
        """Organizations whose attempts were last swept before *until*, the longest ago first."""
        rows = await self._reader.fetch_all(_UNSWEPT, {"until": until, "size": size})
        return list(dict.fromkeys(row.organization_id for row in rows))
