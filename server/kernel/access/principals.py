"""Who a signed-in user is right now: status, session, roles, features and memberships, by one query."""

from collections.abc import Coroutine, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, null, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import ScalarSelect, cast

from server.kernel import ids
from server.kernel.access.caller import Membership, Principal
from server.kernel.access.remembered import CHANNEL, Remembered
from server.kernel.access.roles import Classification, FeatureLevel, PlatformRole, TenantRole, expand
from server.kernel.database import Database
from server.kernel.database.types import Id

__all__ = ["CHANNEL", "SESSION_ID", "USER_ID", "Principals"]

USER_ID = bindparam("user_id", type_=Id("user"))
SESSION_ID = bindparam("session_id", type_=Id("session"))

_Key = tuple[str, str | None]


class Principals(Remembered[_Key, Principal]):
    """
    The principals of users and their sessions.

    *parts* come from the subdomains that own the rows: ``user`` gives a JSON object with ``classification``,
    ``status``, ``access``, ``roles``, ``features`` and ``memberships`` (``id``, ``organization_id``, ``roles``,
    ``features``, ``is_default``) of :data:`USER_ID`; ``session`` one with ``user_id`` and ``is_live`` of
    :data:`SESSION_ID`.
    """

    def __init__(self, database: Database, parts: Mapping[str, Select[Any]]) -> None:
        super().__init__(database)
        self._query = select(
            *[_scalar(parts.get(name)).label(name) for name in ("user", "session")],
        )

    def find(self, user_id: str, session_id: str | None) -> Coroutine[Any, Any, Principal | None]:
        """A user with one of its sessions; ``None`` when either is unknown."""
        return self.recall((user_id, session_id))

    async def _load(self, key: _Key) -> Principal | None:
        user_id, session_id = key
        row = await self._database.reader.fetch_one(self._query, {"user_id": user_id, "session_id": session_id})
        if row is None or row.user is None or (session_id is not None and row.session is None):
            return None
        if session_id is not None and row.session["user_id"] != str(ids.decode("user", user_id)):
            return None
        return _principal(user_id, row.user, session_id is None or bool(row.session["is_live"]))

    def _user_of(self, key: _Key, value: Principal | None) -> str | None:
        return key[0]


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
