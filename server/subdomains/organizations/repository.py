"""How organizations are stored: all SQL about them."""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql

from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id
from server.kernel.security.secrets import SecretKeys, Unreadable
from server.subdomains.organizations import tables
from server.subdomains.organizations.domain.organization import BillingSubscriber, Organization
from server.subdomains.organizations.domain.setting import Setting
from server.subdomains.organizations.errors import OrganizationNotFound

log = logging.getLogger(__name__)

_organization = tables.organization.c
_setting = tables.setting.c
_ORGANIZATION = bindparam("organization_id", type_=Id("org"))
_CHANGING = ("name", "subscription_id", "subscriber_id", "version")
_SEALED = "tenant-setting"

_INSERT = insert(tables.organization)
_ADD_SETTING = insert(tables.setting)
_SETTINGS = select(tables.setting).where(tables.setting.c.organization_id == _ORGANIZATION)
_PUT_SETTING = postgresql.insert(tables.setting).values({column.name: bindparam(column.name) for column in _setting})
_PUT_SETTING = _PUT_SETTING.on_conflict_do_update(
    index_elements=[_setting.organization_id, _setting.name],
    set_={name: _PUT_SETTING.excluded[name] for name in ("type", "is_encrypted", "value", "sealed_value")},
)
_ADD_MEMBER = (
    postgresql.insert(tables.member)
    .values(organization_id=bindparam("organization_id"), user_id=bindparam("user_id"))
    .on_conflict_do_nothing()
    .returning(tables.member.c.user_id)
)
_FIND = select(tables.organization).where(_organization.organization_id == _ORGANIZATION)
_LOCK = _FIND.with_for_update()
_SAVE = (
    update(tables.organization)
    .where(_organization.organization_id == _ORGANIZATION)
    .values({name: bindparam(name) for name in _CHANGING})
)


class OrganizationRepository:
    """Organizations, within one transaction, which each method takes into the organization it is about."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add(self, organization: Organization, settings: Sequence[Setting], keys: SecretKeys) -> None:
        """Insert a new organization with its settings and publish its events."""
        await self._uow.act_within(organization.id)
        await self._uow.write(_INSERT, _to_row(organization))
        for setting in settings:
            await self._uow.write(_ADD_SETTING, _setting_to_row(organization.id, setting, keys))
        await self._uow.publish(organization)

    async def find(self, organization_id: str) -> Organization | None:
        """An organization, not locked."""
        await self._uow.act_within(organization_id)
        row = await self._uow.fetch_one(_FIND, {"organization_id": organization_id})
        return None if row is None else _from_row(row)

    async def lock(self, organization_id: str) -> Organization | None:
        """An organization that nobody else changes until the end of the transaction."""
        await self._uow.act_within(organization_id)
        row = await self._uow.fetch_one(_LOCK, {"organization_id": organization_id})
        return None if row is None else _from_row(row)

    async def get(self, organization_id: str) -> Organization:
        """
        An organization, locked.

        Raises:
            OrganizationNotFound: There is none.
        """
        organization = await self.lock(organization_id)
        if organization is None:
            raise OrganizationNotFound
        return organization

    async def add_member(self, organization: Organization, user_id: str) -> bool:
        """Store a member of a locked organization. Says whether it is a new one."""
        parameters = {"organization_id": organization.id, "user_id": user_id}
        return await self._uow.fetch_one(_ADD_MEMBER, parameters) is not None

    async def settings_of(self, organization_id: str, keys: SecretKeys) -> dict[str, Setting]:
        """The settings of an organization by name, opened. Without those whose key is gone."""
        await self._uow.act_within(organization_id)
        rows = await self._uow.fetch_all(_SETTINGS, {"organization_id": organization_id})
        found = (_setting_from_row(organization_id, row, keys) for row in rows)
        return {setting.name: setting for setting in found if setting is not None}

    async def put_settings(self, organization: Organization, settings: Sequence[Setting], keys: SecretKeys) -> None:
        """Add or replace settings of a locked organization."""
        for setting in settings:
            await self._uow.write(_PUT_SETTING, _setting_to_row(organization.id, setting, keys))

    async def save(self, organization: Organization) -> None:
        """Store what has changed of a locked organization and publish its events."""
        row = _to_row(organization)
        changes = {name: row[name] for name in _CHANGING}
        await self._uow.write(_SAVE, {"organization_id": organization.id} | changes)
        await self._uow.publish(organization)


class OrganizationReader:
    """Reads of organizations, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def get(self, organization_id: str) -> Organization:
        """
        Find an organization.

        Raises:
            OrganizationNotFound: There is none.
        """
        row = await self._reader.fetch_one(_FIND, {"organization_id": organization_id})
        if row is None:
            raise OrganizationNotFound
        return _from_row(row)


def _to_row(organization: Organization) -> dict[str, Any]:
    subscriber = organization.billing_subscriber
    return {
        "organization_id": organization.id,
        "created_at": organization.created_at,
        "name": organization.name,
        "ownership": organization.ownership,
        "created_by_id": organization.created_by_id,
        "host_region": organization.host_region,
        "subscription_id": subscriber.subscription_id if subscriber else None,
        "subscriber_id": subscriber.subscriber_id if subscriber else None,
        "version": organization.version + len(organization.events),
    }


def _from_row(row: Any) -> Organization:
    return Organization(
        id=row.organization_id,
        created_at=row.created_at,
        name=row.name,
        ownership=row.ownership,
        created_by_id=row.created_by_id,
        host_region=row.host_region,
        billing_subscriber=None
        if row.subscription_id is None
        else BillingSubscriber(row.subscription_id, row.subscriber_id),
        version=row.version,
    )


def _setting_from_row(organization_id: str, row: Any, keys: SecretKeys) -> Setting | None:
    if not row.is_encrypted:
        return Setting(row.name, row.value, row.type)
    try:
        value = keys.open(_SEALED, row.sealed_value, _bound_to(organization_id, row.name))
    except Unreadable:
        log.error("a setting cannot be read", extra={"organization_id": organization_id, "setting": row.name})
        return None
    return Setting(row.name, value.decode(), row.type, is_encrypted=True)


def _setting_to_row(organization_id: str, setting: Setting, keys: SecretKeys) -> dict[str, Any]:
    bound_to = _bound_to(organization_id, setting.name)
    return {
        "organization_id": organization_id,
        "name": setting.name,
        "type": setting.type,
        "is_encrypted": setting.is_encrypted,
        "value": None if setting.is_encrypted else setting.value,
        "sealed_value": keys.seal(_SEALED, setting.value.encode(), bound_to) if setting.is_encrypted else None,
    }


def _bound_to(organization_id: str, name: str) -> bytes:
    return f"{organization_id}|{name}".encode()
