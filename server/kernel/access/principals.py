"""
Who a signed-in user is right now: status, session, roles, features and memberships, by one query, remembered briefly.

An entry lives for less than a second and is dropped at once on every process when its user changes. While this process
does not hear the others, nothing is remembered at all.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, null, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import ScalarSelect, cast

from server.kernel import ids
from server.kernel.access.caller import Membership, Principal
from server.kernel.access.roles import Classification, FeatureLevel, PlatformRole, TenantRole, expand
from server.kernel.database import Database
from server.kernel.database.types import Id

CHANNEL = "principals"
_LIFETIME_SECONDS = 0.9
_MOST = 50_000

USER_ID = bindparam("user_id", type_=Id("user"))
SESSION_ID = bindparam("session_id", type_=Id("session"))

_Key = tuple[str, str | None]


class Principals:
    """
    The principals of users and their sessions.

    *parts* come from the subdomains that own the rows: ``user`` gives a JSON object with ``classification``,
    ``status``, ``access``, ``roles``, ``features`` and ``memberships`` (``id``, ``organization_id``, ``roles``,
    ``features``, ``is_default``) of :data:`USER_ID`; ``session`` one with ``user_id`` and ``is_live`` of
    :data:`SESSION_ID`.
    """

    def __init__(self, database: Database, parts: Mapping[str, Select[Any]]) -> None:
        self._database = database
        self._query = select(
            *[_scalar(parts.get(name)).label(name) for name in ("user", "session")],
        )
        self._remembered: OrderedDict[_Key, tuple[float, Principal | None]] = OrderedDict()  # oldest first
        self._keys_of_user: dict[str, set[_Key]] = {}
        self._loading: dict[_Key, asyncio.Future[Principal | None]] = {}
        database.signals.on(CHANNEL, self._drop)
        database.signals.on_loss(self._drop_all)

    async def find(self, user_id: str, session_id: str | None) -> Principal | None:
        """A user with one of its sessions; ``None`` when either is unknown."""
        key = (user_id, session_id)
        if not self._database.signals.is_connected:
            return await self._load(key)
        entry = self._remembered.get(key)
        if entry is not None and entry[0] > time.monotonic():
            return entry[1]
        loading = self._loading.get(key)
        if loading is None:
            loading = asyncio.ensure_future(self._load_and_remember(key))
            self._loading[key] = loading
        return await asyncio.shield(loading)

    async def _load_and_remember(self, key: _Key) -> Principal | None:
        mine = asyncio.current_task()
        try:
            until = time.monotonic() + _LIFETIME_SECONDS
            principal = await self._load(key)
            # A change that arrived while the query ran took this load out of the list: it may be stale already.
            if self._loading.get(key) is mine:
                self._remember(key, until, principal)
            return principal
        finally:
            if self._loading.get(key) is mine:
                self._loading.pop(key, None)

    def _remember(self, key: _Key, until: float, principal: Principal | None) -> None:
        now = time.monotonic()
        while self._remembered:
            oldest = next(iter(self._remembered))
            if self._remembered[oldest][0] > now and len(self._remembered) < _MOST:
                break
            self._forget(oldest)
        self._remembered[key] = (until, principal)
        self._remembered.move_to_end(key)
        self._keys_of_user.setdefault(key[0], set()).add(key)

    def _forget(self, key: _Key) -> None:
        del self._remembered[key]
        keys = self._keys_of_user[key[0]]
        keys.discard(key)
        if not keys:
            del self._keys_of_user[key[0]]

    async def _load(self, key: _Key) -> Principal | None:
        user_id, session_id = key
        row = await self._database.reader.fetch_one(self._query, {"user_id": user_id, "session_id": session_id})
        if row is None or row.user is None or (session_id is not None and row.session is None):
            return None
        if session_id is not None and row.session["user_id"] != str(ids.decode("user", user_id)):
            return None
        return _principal(user_id, row.user, session_id is None or bool(row.session["is_live"]))

    def _drop(self, user_id: str) -> None:
        for key in self._keys_of_user.pop(user_id, ()):
            self._remembered.pop(key, None)
        for key in [key for key in self._loading if key[0] == user_id]:
            self._loading.pop(key, None)

    def _drop_all(self) -> None:
        self._remembered.clear()
        self._keys_of_user.clear()
        self._loading.clear()


def _scalar(part: Select[Any] | None) -> Any:
    return cast(null(), JSONB) if part is None else _subquery(part)


def _subquery(part: Select[Any]) -> "ScalarSelect[Any]":
    return part.scalar_subquery()


def _principal(user_id: str, user: Mapping[str, Any], is_session_live: bool) -> Principal:
    memberships = {
        ids.encode("org", UUID(found["organization_id"])): Membership(
            id=ids.encode("mship", UUID(found["id"])),
            roles=frozenset(expand(TenantRole(role) for role in found["roles"])),
            features=frozenset(expand(FeatureLevel(level) for level in found["features"])),
        )
        for found in user["memberships"]
    }
    default = next((found["organization_id"] for found in user["memberships"] if found["is_default"]), None)
    return Principal(
        user_id=user_id,
        classification=Classification(user["classification"]),
        is_registered=user["status"] == "registered",
        is_suspended=user["access"] == "suspended",
        platform_roles=frozenset(expand(PlatformRole(role) for role in user["roles"])),
        platform_features=frozenset(expand(FeatureLevel(level) for level in user["features"])),
        memberships=memberships,
        default_organization_id=ids.encode("org", UUID(default)) if default else None,
        is_session_live=is_session_live,
    )
