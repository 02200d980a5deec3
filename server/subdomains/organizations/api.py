"""
What other subdomains may ask of organizations, within their own unit of work, which then acts within the organization.

Plain values in, plain values out.
"""

from dataclasses import dataclass

from server.kernel.access.roles import Ownership
from server.kernel.database import UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.organizations.application import OrganizationsApplication
from server.subdomains.organizations.domain.organization import Organization as _Organization


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant."""

    id: str
    name: str
    ownership: Ownership
    created_by_id: str
    subscriber_id: str | None


class OrganizationsApi:
    """Finds and locks organizations."""

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
