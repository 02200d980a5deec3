"""
What other subdomains may ask of subscriptions, within their own unit of work.

Plain values in, plain values out.
"""

from server.kernel.access.roles import SubscriptionTier
from server.kernel.database import UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.subscriptions.application import SubscriptionsApplication


class SubscriptionsApi:
    """Answers what an organization has paid for."""

    def __init__(self, application: SubscriptionsApplication) -> None:
        self._subscriptions = application

    @classmethod
    def of(cls, platform: Platform) -> "SubscriptionsApi":
        return cls(SubscriptionsApplication.of(platform))

    async def tier_of(self, uow: UnitOfWork, organization_id: str) -> SubscriptionTier:
        """The tier of an organization: the starting plan's until its subscription is there. Acts within it."""
        return await self._subscriptions.tier_of(uow, organization_id)
