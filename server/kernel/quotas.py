"""
How often something may be used within a while: calls from one address, mails to another. Exact over all processes.

The subject itself is not kept, only a keyed digest of it.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy import Column, Index, LargeBinary, Table, bindparam, delete, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, UnitOfWork
from server.kernel.database.event_log import metadata
from server.kernel.database.types import Instant
from server.kernel.errors import RateLimited
from server.kernel.security.secrets import SecretKeys
from server.kernel.turns import Turns

recent_use = Table(
    "recent_use",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("used_at", ARRAY(Instant), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("recent_use_by_expiry", "expires_at"),
)

_use = recent_use.c
_new = insert(recent_use)
# Setting the key to itself locks the row that is there, and returns it.
_LOCK = (
    _new.values({name: bindparam(name, type_=_use[name].type) for name in ("key", "used_at", "expires_at")})
    .on_conflict_do_update(index_elements=[_use.key], set_={"key": _new.excluded.key})
    .returning(_use.used_at)
)
_SAVE = (
    update(recent_use)
    .where(_use.key == bindparam("used"))
    .values(used_at=bindparam("used_at"), expires_at=bindparam("expires_at"))
)
# None that anybody is busy with.
_expired = (
    recent_use.select()
    .with_only_columns(_use.key)
    .where(_use.expires_at <= bindparam("now", type_=Instant))
    .with_for_update(skip_locked=True)
)
_FORGET = delete(recent_use).where(_use.key.in_(_expired))


class Quotas:
    """Counts uses in the database, within the transaction of whoever asks."""

    def __init__(self, secrets: SecretKeys, now: Clock) -> None:
        self._secrets = secrets
        self._now = now
        self._turns = Turns()

    @asynccontextmanager
    async def counted(
        self,
        begin: OpenUnitOfWork,
        purpose: str,
        subject: str,
        *,
        most: int,
        within: timedelta,
        is_step: bool = False,
    ) -> AsyncIterator[UnitOfWork]:
        """
        A transaction that begins by counting one more use. ``most=0`` is no limit.

        Those of one subject come one after the other: here they wait without holding a connection each. Were they to
        wait at the row, a flood from one address would leave no connection to anybody else.

        Raises:
            RateLimited: It is one too many. Says when there may be another.
        """
        if most == 0:
            async with begin(is_step=is_step) as uow:
                yield uow
            return
        async with self._turns.of(f"{purpose}|{subject}".encode()), begin(is_step=is_step) as uow:
            wait = await self._count(uow, purpose, subject, most, within)
            if wait is not None:
                raise RateLimited(retry_after=wait)
            yield uow

    async def admit(self, uow: UnitOfWork, purpose: str, subject: str, *, most: int, within: timedelta) -> bool:
        """
        Count one more use, unless it is one too many: then say no, and count nothing. ``most=0`` is no limit.

        Nobody else is admitted for the same subject until the transaction ends; one that is undone has used nothing.
        """
        return most == 0 or await self._count(uow, purpose, subject, most, within) is None

    async def _count(self, uow: UnitOfWork, purpose: str, subject: str, most: int, within: timedelta) -> float | None:
        """Count one more use, or say how many seconds it is until there may be one."""
        now = self._now()
        key = self._secrets.index("quota:" + purpose, subject.encode())
        [row] = await uow.fetch_all(_LOCK, {"key": key, "used_at": [], "expires_at": now})
        recent = _recent(row.used_at, now - within)
        if len(recent) >= most:
            return (recent[-most] + within - now).total_seconds()
        await uow.write(_SAVE, {"used": key, "used_at": [*recent, now], "expires_at": now + within})
        return None

    async def forget_expired(self, begin: OpenUnitOfWork) -> int:
        """
        Delete what counts no longer. For the worker.

        Not those who use: they would lock the rows of others, and two of them wait for each other's for ever.
        """
        async with begin() as uow:
            return await uow.execute(_FORGET, {"now": self._now()})


def _recent(used_at: Sequence[datetime], since: datetime) -> list[datetime]:
    return [instant for instant in used_at if instant > since]
