"""
What other subdomains may ask of organizations, within their own unit of work, which then acts within the organization.

Plain values in, plain values out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from server.kernel.access.roles import Ownership
from server.kernel.database import UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.provisioning.api import ProvisionedSetting
from server.subdomains.organizations.application import OrganizationsApplication
from server.subdomains.organizations.domain.organization import Organization as _Organization
from server.subdomains.organizations.domain.setting import Setting


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant."""

    id: str
    name: str
    ownership: Ownership
    created_by_id: str
    subscriber_id: str | None


class OrganizationsApi:
    """Finds and locks organizations, and keeps their settings."""

    def __init__(self, application: OrganizationsApplication) -> None:
        self._organizations = application

    @classmethod
    def of(cls, platform: Platform) -> "OrganizationsApi":
        return cls(OrganizationsApplication.of(platform))

    async def find_organization(self, uow: UnitOfWork, organization_id: str) -> Organization | None:
        """An organization, not locked."""
        return _plain(await self._organizations.find_organization(uow, organization_id))

    async def lock_organization(self, uow: UnitOfWork, organization_id: str) -> Organization | None:
        """
        An organization that nobody else changes until the end of the transaction.

        Whoever changes memberships, tenant roles or the buyer takes this lock first, and those of users after it.
        """
        return _plain(await self._organizations.lock_organization(uow, organization_id))

    async def get_settings(self, uow: UnitOfWork, organization_id: str) -> dict[str, str]:
        """The settings of an organization as texts, by name, encrypted ones opened. None of one that does not exist."""
        return await self._organizations.get_settings(uow, organization_id)

    async def change_settings(
        self, uow: UnitOfWork, organization_id: str, settings: Sequence[ProvisionedSetting]
    ) -> bool:
        """
        Add new settings, replace others, remove none. Says whether there is such an organization.

        Answers the port of provisioning.
        """
        given = [Setting.of(each.name, each.value, is_encrypted=each.is_encrypted) for each in settings]
        known = [setting for setting in given if setting is not None]
        return await self._organizations.change_settings(uow, organization_id, known)


def _plain(found: _Organization | None) -> Organization | None:
    if found is None:
        return None
    subscriber = found.billing_subscriber
    return Organization(
        id=found.id,
        name=found.name,
        ownership=found.ownership,
        created_by_id=found.created_by_id,
        subscriber_id=subscriber.subscriber_id if subscriber else None,
    )
