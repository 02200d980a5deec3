"""How sessions are stored: all SQL about them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, any_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE
from sqlalchemy.sql.expression import cast

from server.kernel import lists
from server.kernel.access.principals import CHANNEL, SESSION_ID
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id, Instant
from server.kernel.lists import ListQuery, Page
from server.subdomains.identity.auth_tokens import tables
from server.subdomains.identity.auth_tokens.domain import KEPT_FOR, REPEATABLE_FOR, AuthTokens, SpentToken

_session, _spent = tables.session.c, tables.spent_refresh_token.c
_USER = bindparam("user_id", type_=Id("user"))
_NOW = bindparam("now", type_=Instant)
_SINCE = bindparam("since", type_=Instant)
_PROVIDER = bindparam("provider", type_=Text())
_IS_LIVE = (_session.revoked_at.is_(None), _session.refresh_token_expires_at > _NOW)
_CHANGING = (
    "refresh_token_digest",
    "access_token_expires_at",
    "refresh_token_expires_at",
    "last_used_at",
    "ip_address",
    "user_agent",
    "version",
)

# What the kernel asks about the session of an access token. The token never outlives the session, so that only a
# revocation matters.
PRINCIPAL = select(
    cast(func.jsonb_build_object("user_id", _session.user_id, "is_live", _session.revoked_at.is_(None)), JSONB)
).where(_session.id == SESSION_ID)

_INSERT = insert(tables.session)
_LOCK_BY_ID = select(tables.session).where(_session.id == bindparam("id")).with_for_update()
_LOCK_BY_TOKEN = select(tables.session).where(_session.refresh_token_digest == bindparam("digest")).with_for_update()
_LOCK_LIVE = select(tables.session).where(_session.user_id == _USER, *_IS_LIVE).order_by(_session.id).with_for_update()
_SAVE = (
    update(tables.session)
    .where(_session.id == bindparam("session_id"))
    .values({name: bindparam(name) for name in _CHANGING})
)
_REVOKE = (
    update(tables.session)
    .where(_session.id == any_(bindparam("ids", type_=ARRAY(Id("session")))))
    .values(revoked_at=bindparam("now"), version=_session.version + 1)
)
_SPEND = insert(tables.spent_refresh_token)
_FIND_SPENT = select(tables.spent_refresh_token).where(_spent.digest == bindparam("digest"))
_FIND_SPENT_BY_REQUEST = select(_spent.digest).where(
    _spent.session_id == bindparam("session_id"),
    _spent.spent_at > _SINCE,
    _spent.request_id == bindparam("request_id", type_=UUID_TYPE(as_uuid=True)),
)
_old_answers = (
    select(_spent.digest)
    .where(_spent.sealed_answer.is_not(None), _spent.spent_at <= _SINCE)
    .limit(100)
    .with_for_update(skip_locked=True)
)
_FORGET_ANSWERS = update(tables.spent_refresh_token).where(_spent.digest.in_(_old_answers)).values(sealed_answer=None)
_long_ended = (
    select(_session.id).where(_session.refresh_token_expires_at <= _SINCE).limit(1000).with_for_update(skip_locked=True)
)
_FORGET_SESSIONS = delete(tables.session).where(_session.id.in_(_long_ended))
_LIST = ListQuery(
    tables.session,
    _session.user_id == _USER,
    *_IS_LIVE,
    or_(_PROVIDER.is_(None), func.lower(_session.provider) == _PROVIDER),
    columns={
        "created_at": _session.created_at,
        "last_used_at": _session.last_used_at,
        "expires_at": _session.refresh_token_expires_at,
    },
    id=_session.id,
)


class SessionRepository:
    """Sessions, within one transaction. What is found is kept from others until its end."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add(self, session: AuthTokens) -> None:
        """Insert a new session and publish its events."""
        await self._uow.write(_INSERT, _to_row(session))
        await self._uow.publish(session)

    async def find(self, session_id: str) -> AuthTokens | None:
        """A session by its id."""
        row = await self._uow.fetch_one(_LOCK_BY_ID, {"id": session_id})
        return None if row is None else session_of(row)

    async def find_by_refresh_token(self, digest: bytes) -> AuthTokens | None:
        """The session whose latest refresh token this is."""
        row = await self._uow.fetch_one(_LOCK_BY_TOKEN, {"digest": digest})
        return None if row is None else session_of(row)

    async def list_live(self, user_id: str, now: datetime) -> list[AuthTokens]:
        """Every session of a user that goes on."""
        return [session_of(row) for row in await self._uow.fetch_all(_LOCK_LIVE, {"user_id": user_id, "now": now})]

    async def save(self, session: AuthTokens) -> None:
        """Store the new tokens of a found session and publish its events."""
        row = _to_row(session)
        await self._uow.write(_SAVE, {name: row[name] for name in _CHANGING} | {"session_id": session.id})
        await self._uow.publish(session)

    async def revoke(self, sessions: Sequence[AuthTokens], now: datetime) -> None:
        """End found sessions, publish their events, and have every process look anew at who may call."""
        if not sessions:
            return
        await self._uow.write(_REVOKE, {"ids": [session.id for session in sessions], "now": now})
        for session in sessions:
            session.revoke(now)
            await self._uow.publish(session)
        for user_id in {session.user_id for session in sessions}:
            self._uow.notify(CHANNEL, user_id)

    async def spend(self, spent: SpentToken) -> None:
        """Remember a refresh token that was exchanged, and forget answers that nobody may ask for any more."""
        await self._uow.write(_FORGET_ANSWERS, {"since": spent.spent_at - REPEATABLE_FOR})
        row = {name: getattr(spent, name) for name in ("digest", "session_id", "spent_at", "request_id")}
        await self._uow.write(_SPEND, row | {"sealed_answer": spent.sealed_answer})

    async def forget_ended(self, now: datetime) -> int:
        """Delete sessions that ended long ago, with their spent tokens, and answers that can no more be asked for."""
        await self._uow.execute(_FORGET_ANSWERS, {"since": now - REPEATABLE_FOR})
        return await self._uow.execute(_FORGET_SESSIONS, {"since": now - KEPT_FOR})

    async def find_spent(self, digest: bytes) -> SpentToken | None:
        """A refresh token that was exchanged before."""
        row = await self._uow.fetch_one(_FIND_SPENT, {"digest": digest})
        if row is None:
            return None
        return SpentToken(row.digest, row.session_id, row.spent_at, row.request_id, row.sealed_answer)

    async def has_just_spent(self, session_id: str, request_id: UUID, now: datetime) -> bool:
        """Whether a call with this request_id has exchanged a token of the session a moment ago."""
        parameters = {"session_id": session_id, "request_id": request_id, "since": now - REPEATABLE_FOR}
        return await self._uow.fetch_one(_FIND_SPENT_BY_REQUEST, parameters) is not None


class SessionReader:
    """Reads of sessions, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def list_live(self, user_id: str, page: Page, *, provider: str | None, now: datetime) -> list[Any]:
        """Rows of a user's live sessions, one more than the page holds."""
        filters = {"user_id": user_id, "provider": provider, "now": now}
        return await self._reader.fetch_all(_LIST.of(page), filters | lists.after(page))


def session_of(row: Any) -> AuthTokens:
    """The session that a row stands for."""
    return AuthTokens(
        id=row.id,
        user_id=row.user_id,
        refresh_token_digest=row.refresh_token_digest,
        access_token_expires_at=row.access_token_expires_at,
        refresh_token_expires_at=row.refresh_token_expires_at,
        created_at=row.created_at,
        auth_time=row.auth_time,
        amr=row.amr,
        provider=row.provider,
        last_used_at=row.last_used_at,
        ip_address=row.ip_address,
        user_agent=row.user_agent,
        revoked_at=row.revoked_at,
        version=row.version,
    )


def _to_row(session: AuthTokens) -> dict[str, Any]:
    return {
        "id": session.id,
        "user_id": session.user_id,
        "refresh_token_digest": session.refresh_token_digest,
        "access_token_expires_at": session.access_token_expires_at,
        "refresh_token_expires_at": session.refresh_token_expires_at,
        "created_at": session.created_at,
        "auth_time": session.auth_time,
        "amr": session.amr,
        "provider": session.provider,
        "last_used_at": session.last_used_at,
        "ip_address": session.ip_address,
        "user_agent": session.user_agent,
        "revoked_at": session.revoked_at,
        "version": session.version + len(session.events),
    }
