"""Users as they are loaded and saved one by one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, and_, bindparam, delete, func, insert, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from server.kernel import lists
from server.kernel.access.principals import CHANNEL
from server.kernel.access.roles import Classification, Ownership, TenantRole, expand
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id, Word
from server.kernel.errors import Refusal
from server.kernel.lists import ListQuery, Page
from server.subdomains.users import tables
from server.subdomains.users.domain.end_user import EndUser, UserAccess, UserStatus
from server.subdomains.users.domain.membership import Membership
from server.subdomains.users.errors import EmailTaken, UserNotFound
from server.subdomains.users.repository.rows import (
    membership_of,
    membership_to_row,
    user_of,
    user_of_joined,
    user_to_row,
)

_user, _membership = tables.end_user.c, tables.membership.c
_USER = bindparam("user_id", type_=Id("user"))
_EMAIL = bindparam("email_address", type_=Text())
_OWNERSHIP = bindparam("ownership", type_=Word(Ownership))
_CHANGING = (
    "status",
    "access",
    "email_address",
    "roles",
    "level",
    "invitation_token_digest",
    "invitee_email",
    "invitation_expires_at",
    "accepted_email",
    "accepted_at",
    "version",
)

_INSERT = insert(tables.end_user)
_SAVE = update(tables.end_user).where(_user.id == _USER).values({name: bindparam(name) for name in _CHANGING})
_LOCK = select(tables.end_user).where(_user.id == _USER).with_for_update()
# Whoever registers with an address may be known already: by it, by an invitation of it, or by the token of one.
_LOCK_CLAIMANTS = (
    select(tables.end_user)
    .where(
        or_(
            _user.email_address == _EMAIL,
            and_(
                _user.status == UserStatus.UNREGISTERED,
                or_(_user.invitee_email == _EMAIL, _user.invitation_token_digest == bindparam("token_digest")),
            ),
        )
    )
    .order_by(_user.id)
    .with_for_update()
)
_MEMBERSHIPS = (
    select(tables.membership)
    .where(_membership.user_id == func.any(bindparam("user_ids", type_=ARRAY(Id("user")))))
    .order_by(_membership.created_at, _membership.id)
)
_ADD_MEMBERSHIP = insert(tables.membership)
_SAVE_MEMBERSHIP = (
    update(tables.membership)
    .where(_membership.id == bindparam("membership_id"))
    .values({name: bindparam(name) for name in ("is_default", "roles", "level")})
)
_REMOVE_MEMBERSHIP = delete(tables.membership).where(_membership.id == bindparam("membership_id"))
# Only registered persons run an organization, and pay for it.
_ROLES_OF_OTHERS = (
    select(_membership.roles)
    .join_from(tables.membership, tables.end_user, _membership.user_id == _user.id)
    .where(
        _membership.organization_id == bindparam("organization_id", type_=Id("org")),
        _membership.user_id != _USER,
        _user.classification == Classification.PERSON,
        _user.status == UserStatus.REGISTERED,
        _membership.roles.op("&&", is_comparison=True)(literal_column("ARRAY['tenant_owner', 'tenant_billing_admin']")),
    )
)
_HOLD_ACCESS = select(_user.access).where(_user.id == _USER).with_for_update(read=True)
_FIND = (
    select(
        tables.end_user,
        *[column.label(f"membership_{column.name}") for column in _membership],
    )
    .outerjoin_from(tables.end_user, tables.membership, _membership.user_id == _user.id)
    .where(_user.id == _USER)
    .order_by(_membership.created_at, _membership.id)
)
_FIND_ID_BY_EMAIL = select(_user.id).where(_user.email_address == _EMAIL)
_LIST_MEMBERSHIPS = ListQuery(
    tables.membership,
    _membership.user_id == _USER,
    or_(_OWNERSHIP.is_(None), _membership.ownership == _OWNERSHIP),
    columns={"created_at": _membership.created_at},
    id=_membership.id,
)


class EndUserRepository:
    """Users, within one transaction. What others remember of a changed user is dropped once it commits."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._stored: dict[str, Membership] = {}

    async def lock(self, user_id: str) -> EndUser | None:
        """A user, whom nobody else changes until the end of the transaction."""
        found = await self._with_memberships(await self._uow.fetch_all(_LOCK, {"user_id": user_id}))
        return found[0] if found else None

    async def get(self, user_id: str) -> EndUser:
        """
        A user, locked.

        Raises:
            UserNotFound: There is none.
        """
        user = await self.lock(user_id)
        if user is None:
            raise UserNotFound
        return user

    async def find(self, user_id: str) -> EndUser | None:
        """A user, not locked."""
        rows = await self._uow.fetch_all(_FIND, {"user_id": user_id})
        return user_of_joined(rows) if rows else None

    async def find_id_by_email_address(self, email_address: str) -> str | None:
        """The id of whoever has registered with an address, not locked."""
        row = await self._uow.fetch_one(_FIND_ID_BY_EMAIL, {"email_address": email_address})
        return None if row is None else str(row.id)

    async def lock_claimants(self, email_address: str, token_digest: bytes | None) -> list[EndUser]:
        """The users, locked, who have registered with an address, were invited by it, or hold that token."""
        parameters = {"email_address": email_address, "token_digest": token_digest}
        return await self._with_memberships(await self._uow.fetch_all(_LOCK_CLAIMANTS, parameters))

    async def add(self, user: EndUser) -> None:
        """
        Insert a new user and publish.

        Raises:
            EmailTaken: Somebody has registered with the address meanwhile.
        """
        await self._uow.fetch_all(_INSERT, user_to_row(user), _refusing())
        await self._finish(user)

    async def save_registration(self, user: EndUser) -> None:
        """
        Store that a guest has registered and publish.

        Raises:
            EmailTaken: Somebody has registered with the address meanwhile.
        """
        await self._uow.fetch_all(_SAVE, _changes(user), _refusing())
        await self._finish(user)

    async def save(self, user: EndUser) -> None:
        """Store what has changed of a locked user and publish."""
        await self._uow.write(_SAVE, _changes(user))
        await self._finish(user)

    async def save_departure(self, user: EndUser, left: Membership) -> None:
        """Store that a locked user is no longer a member of an organization and publish."""
        await self._uow.write(_REMOVE_MEMBERSHIP, {"membership_id": left.id})
        await self.save(user)

    async def roles_of_others(self, user_id: str, organization_id: str) -> list[TenantRole]:
        """The roles of those who run an organization besides a user, included ones too."""
        rows = await self._uow.fetch_all(_ROLES_OF_OTHERS, {"user_id": user_id, "organization_id": organization_id})
        return expand(role for row in rows for role in row.roles)

    async def hold_access(self, user_id: str) -> bool:
        """Whether a user may use the platform, which nobody changes until the end of the transaction."""
        row = await self._uow.fetch_one(_HOLD_ACCESS, {"user_id": user_id})
        return row is not None and row.access is UserAccess.ENABLED

    async def _finish(self, user: EndUser) -> None:
        # The one that is default no more goes first: there may be only one at any moment.
        for membership in sorted(user.memberships, key=lambda each: each.is_default):
            await self._save_membership(membership)
        self._uow.notify(CHANNEL, user.id)
        await self._uow.publish(user)

    async def _save_membership(self, membership: Membership) -> None:
        stored = self._stored.get(membership.id)
        if stored is None:
            await self._uow.write(_ADD_MEMBERSHIP, membership_to_row(membership))
        elif stored != membership:
            row = membership_to_row(membership)
            await self._uow.write(_SAVE_MEMBERSHIP, {"membership_id": membership.id} | row)
        self._stored[membership.id] = membership

    async def _with_memberships(self, rows: Sequence[Any]) -> list[EndUser]:
        # Not in one statement with the lock: whoever had to wait for it must see what the others did meanwhile.
        if not rows:
            return []
        users = {row.id: user_of(row) for row in rows}
        for row in await self._uow.fetch_all(_MEMBERSHIPS, {"user_ids": list(users)}):
            membership = membership_of(row)
            self._stored[membership.id] = membership
            users[membership.user_id].memberships.append(membership)
        return list(users.values())


class EndUserReader:
    """Reads of users, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def get(self, user_id: str) -> EndUser:
        """
        Find a user.

        Raises:
            UserNotFound: There is none.
        """
        rows = await self._reader.fetch_all(_FIND, {"user_id": user_id})
        if not rows:
            raise UserNotFound
        return user_of_joined(rows)

    async def list_memberships(self, user_id: str, page: Page, *, ownership: Ownership | None) -> list[Any]:
        """Rows of a user's memberships, one more than the page holds."""
        filters = {"user_id": user_id, "ownership": ownership}
        return await self._reader.fetch_all(_LIST_MEMBERSHIPS.of(page), filters | lists.after(page))


def _changes(user: EndUser) -> dict[str, Any]:
    row = user_to_row(user)
    return {"user_id": user.id} | {name: row[name] for name in _CHANGING}


def _refusing() -> dict[str, Refusal]:
    # The statement runs at once: whoever loses the race for an address hears so of this row, and not of what follows.
    return {"end_user_email_is_unique": EmailTaken()}
