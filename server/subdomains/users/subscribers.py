"""What follows, for users, from what organizations and subscriptions do."""

from server.kernel.access.roles import Ownership
from server.kernel.database import UnitOfWork
from server.subdomains.organizations.events import OrganizationCreated
from server.subdomains.subscriptions.events import ProviderChanged
from server.subdomains.users.application.memberships import MembershipsApplication


class UsersSubscriber:
    """Reacts within the transaction of whoever published."""

    def __init__(self, application: MembershipsApplication) -> None:
        self._memberships = application

    async def when_organization_created_add_creator(self, uow: UnitOfWork, event: OrganizationCreated) -> None:
        await self._memberships.add_creator(
            uow,
            organization_id=event.organization_id,
            organization_name=event.organization_name,
            ownership=Ownership(event.ownership),
            creator_id=event.created_by_id,
        )

    async def when_provider_changed_reset_features(self, uow: UnitOfWork, event: ProviderChanged) -> None:
        await self._memberships.reset_features(uow, event.organization_id)
