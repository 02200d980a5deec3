"""How API keys are stored: all SQL about them."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, func, insert, literal, or_, select, update

from server.kernel import lists
from server.kernel.access.remembered import CHANNEL, Remembered
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id, Instant, Word
from server.kernel.lists import ListQuery, Page
from server.subdomains.identity.api_keys import tables
from server.subdomains.identity.api_keys.domain.api_key import ApiKey, ApiKeyState

_key = tables.api_key.c
_ID = bindparam("id", type_=Id("apikey"))
_USER = bindparam("user_id", type_=Id("user"))
_NOW = bindparam("now", type_=Instant)
_STATE = bindparam("state", type_=Word(ApiKeyState))
_CHANGING = ("revoked_at", "last_used_at", "told_at", "version")
_IS_EXPIRED = and_(_key.expires_at.is_not(None), _key.expires_at <= _NOW)
_state = case(
    (_key.revoked_at.is_not(None), literal(ApiKeyState.REVOKED.value)),
    (_IS_EXPIRED, literal(ApiKeyState.EXPIRED.value)),
    else_=literal(ApiKeyState.ACTIVE.value),
)

_INSERT = insert(tables.api_key)
_FIND = select(tables.api_key).where(_key.id == _ID)
_LOCK = _FIND.with_for_update()
_LOCK_OF_USER = (
    select(tables.api_key).where(_key.user_id == _USER, _key.revoked_at.is_(None)).order_by(_key.id).with_for_update()
)
_COUNT_ACTIVE = select(func.count().label("number")).where(
    _key.user_id == _USER, _key.revoked_at.is_(None), or_(_key.expires_at.is_(None), _key.expires_at > _NOW)
)
_SAVE = (
    update(tables.api_key).where(_key.id == bindparam("key_id")).values({name: bindparam(name) for name in _CHANGING})
)
_DELETE = delete(tables.api_key).where(_key.id == _ID)
_LIST = ListQuery(
    tables.api_key,
    _key.user_id == _USER,
    or_(_STATE.is_(None), _state == _STATE),
    columns={name: _key[name] for name in ("created_at", "last_used_at", "expires_at", "name")},
    id=_key.id,
)


class ApiKeyRepository:
    """API keys, within one transaction. What is found is kept from others until its end."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add(self, key: ApiKey) -> None:
        """Insert a new key and publish its events."""
        await self._uow.write(_INSERT, _to_row(key))
        await self._uow.publish(key)

    async def find(self, key_id: str) -> ApiKey | None:
        """A key by its id."""
        row = await self._uow.fetch_one(_LOCK, {"id": key_id})
        return None if row is None else api_key_of(row)

    async def list_unrevoked(self, user_id: str) -> list[ApiKey]:
        """Every key of a user that was not revoked."""
        return [api_key_of(row) for row in await self._uow.fetch_all(_LOCK_OF_USER, {"user_id": user_id})]

    async def count_active(self, user_id: str, now: datetime) -> int:
        """How many keys a user can use."""
        [row] = await self._uow.fetch_all(_COUNT_ACTIVE, {"user_id": user_id, "now": now})
        return int(row.number)

    async def save(self, key: ApiKey) -> None:
        """Store what has changed of a found key and publish its events."""
        row = _to_row(key)
        await self._uow.write(_SAVE, {name: row[name] for name in _CHANGING} | {"key_id": key.id})
        await self._uow.publish(key)

    async def end(self, key: ApiKey) -> None:
        """Store that a found key was revoked, and have every process look anew at what it is good for."""
        await self.save(key)
        self._uow.notify(CHANNEL, key.user_id)

    async def delete(self, key: ApiKey) -> None:
        """Delete a found key, publish that it is gone, and have every process look anew at what it is good for."""
        await self._uow.write(_DELETE, {"id": key.id})
        await self._uow.publish(key)
        self._uow.notify(CHANNEL, key.user_id)


class ApiKeyReader:
    """Reads of API keys, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def list_of_user(self, user_id: str, page: Page, *, state: ApiKeyState | None, now: datetime) -> list[Any]:
        """Rows of a user's keys, one more than the page holds."""
        filters = {"user_id": user_id, "state": state, "now": now}
        return await self._reader.fetch_all(_LIST.of(page), filters | lists.after(page))


class KnownApiKeys(Remembered[str, ApiKey]):
    """The keys that were presented a moment ago, by their ids."""

    async def _load(self, key: str) -> ApiKey | None:
        row = await self._database.reader.fetch_one(_FIND, {"id": key})
        return None if row is None else api_key_of(row)

    def _user_of(self, key: str, value: ApiKey | None) -> str | None:
        return None if value is None else value.user_id


def api_key_of(row: Any) -> ApiKey:
    """The key that a row stands for."""
    return ApiKey(
        id=row.id,
        user_id=row.user_id,
        key_hash=row.key_hash,
        name=row.name,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        told_at=row.told_at,
        version=row.version,
    )


def _to_row(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "user_id": key.user_id,
        "key_hash": key.key_hash,
        "name": key.name,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
        "told_at": key.told_at,
        "version": key.version + len(key.events),
    }
