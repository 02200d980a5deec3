"""How user profiles are stored: all SQL about them."""

from typing import Any

from sqlalchemy import bindparam, insert, select, update

from server.kernel.database import Reader, UnitOfWork
from server.subdomains.user_profiles import tables
from server.subdomains.user_profiles.domain import Address, Name, UserProfile
from server.subdomains.user_profiles.errors import EmailAlreadyRegistered, ProfileExists, ProfileNotFound

_profile = tables.user_profile.c
_CHANGING = (
    "first_name",
    "last_name",
    "display_name",
    "line1",
    "line2",
    "line3",
    "city",
    "state",
    "zip",
    "country_code",
    "timezone",
    "locale",
    "default_organization_id",
    "version",
)

_INSERT = insert(tables.user_profile)
_FIND = select(tables.user_profile).where(_profile.user_id == bindparam("user_id"))
_LOCK = _FIND.with_for_update()
_SAVE = (
    update(tables.user_profile)
    .where(_profile.id == bindparam("profile_id"))
    .values({name: bindparam(name) for name in _CHANGING})
)


class UserProfileRepository:
    """User profiles, within one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add(self, profile: UserProfile) -> None:
        """
        Insert a new profile and publish its events.

        When the transaction ends, ProfileExists or EmailAlreadyRegistered is raised if the user or the address has one.
        """
        refusing = {
            "user_profile_user_is_unique": ProfileExists(),
            "user_profile_email_is_unique": EmailAlreadyRegistered(),
        }
        await self._uow.write(_INSERT, _to_row(profile), refusing)
        await self._uow.publish(profile)

    async def find(self, user_id: str) -> UserProfile | None:
        """The profile of a user."""
        row = await self._uow.fetch_one(_FIND, {"user_id": user_id})
        return None if row is None else _from_row(row)

    async def lock(self, user_id: str) -> UserProfile | None:
        """The profile of a user, which nobody else changes until the end of the transaction."""
        row = await self._uow.fetch_one(_LOCK, {"user_id": user_id})
        return None if row is None else _from_row(row)

    async def save(self, profile: UserProfile) -> None:
        """Store what has changed of a locked profile and publish its events."""
        row = _to_row(profile)
        await self._uow.write(_SAVE, {"profile_id": profile.id} | {name: row[name] for name in _CHANGING})
        await self._uow.publish(profile)


class UserProfileReader:
    """Reads of user profiles, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def get(self, user_id: str) -> UserProfile:
        """
        The profile of a user.

        Raises:
            ProfileNotFound: There is none.
        """
        row = await self._reader.fetch_one(_FIND, {"user_id": user_id})
        if row is None:
            raise ProfileNotFound
        return _from_row(row)


def _to_row(profile: UserProfile) -> dict[str, Any]:
    return {
        "id": profile.id,
        "user_id": profile.user_id,
        "created_at": profile.created_at,
        "classification": profile.classification,
        "first_name": profile.name.first,
        "last_name": profile.name.last,
        "display_name": profile.display_name,
        "email_address": profile.email_address,
        "phone_number": profile.phone_number,
        "line1": profile.address.line1,
        "line2": profile.address.line2,
        "line3": profile.address.line3,
        "city": profile.address.city,
        "state": profile.address.state,
        "zip": profile.address.zip,
        "country_code": profile.address.country_code,
        "timezone": profile.timezone,
        "locale": profile.locale,
        "default_organization_id": profile.default_organization_id,
        "version": profile.version + len(profile.events),
    }


def _from_row(row: Any) -> UserProfile:
    return UserProfile(
        id=row.id,
        user_id=row.user_id,
        created_at=row.created_at,
        classification=row.classification,
        name=Name(row.first_name, row.last_name),
        display_name=row.display_name,
        email_address=row.email_address,
        phone_number=row.phone_number,
        address=Address(row.line1, row.line2, row.line3, row.city, row.state, row.zip, row.country_code),
        timezone=row.timezone,
        locale=row.locale,
        default_organization_id=row.default_organization_id,
        version=row.version,
    )
