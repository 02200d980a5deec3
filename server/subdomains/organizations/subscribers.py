"""What follows, for organizations, from what users and subscriptions do."""

from server.kernel.database import UnitOfWork
from server.subdomains.organizations.application import OrganizationsApplication
from server.subdomains.organizations.domain.organization import BillingSubscriber
from server.subdomains.subscriptions.events import SubscriptionCreated
from server.subdomains.users.events import EndUserRegistered, MembershipAdded


class OrganizationsSubscriber:
    """Reacts within the transaction of whoever published."""

    def __init__(self, application: OrganizationsApplication) -> None:
        self._organizations = application

    async def when_end_user_registered_create_personal_organization(
        self, uow: UnitOfWork, event: EndUserRegistered
    ) -> None:
        first_name, last_name = event.user_profile["first_name"], event.user_profile["last_name"]
        await self._organizations.create_personal_organization(
            uow, creator_id=event.user_id, name=f"{first_name} {last_name}" if last_name else first_name
        )

    async def when_membership_added_add_member(self, uow: UnitOfWork, event: MembershipAdded) -> None:
        await self._organizations.add_member(uow, organization_id=event.organization_id, user_id=event.user_id)

    async def when_subscription_created_subscribe(self, uow: UnitOfWork, event: SubscriptionCreated) -> None:
        subscriber = BillingSubscriber(event.subscription_id, event.buyer_id)
        await self._organizations.subscribe(uow, organization_id=event.organization_id, subscriber=subscriber)
