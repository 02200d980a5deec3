"""What follows, for subscriptions, from what organizations do."""

from server.kernel.database import UnitOfWork
from server.subdomains.organizations.events import OrganizationCreated
from server.subdomains.subscriptions.application import SubscriptionsApplication


class SubscriptionsSubscriber:
    """Reacts within the transaction of whoever published."""

    def __init__(self, application: SubscriptionsApplication) -> None:
        self._subscriptions = application

    async def when_organization_created_create_subscription(self, uow: UnitOfWork, event: OrganizationCreated) -> None:
        await self._subscriptions.create_subscription(
            uow, organization_id=event.organization_id, buyer_id=event.created_by_id
        )
