"""The use cases of subscriptions."""

from collections.abc import Callable
from dataclasses import dataclass

from server.kernel.access.roles import SubscriptionTier
from server.kernel.clock import Clock
from server.kernel.database import Reader, UnitOfWork
from server.kernel.lists import Lists, Ordering, Page, Paged
from server.kernel.subdomain import Platform
from server.subdomains.subscriptions.adapters.plans_file import read_catalogue
from server.subdomains.subscriptions.adapters.simple import SimpleProvider
from server.subdomains.subscriptions.domain.catalogue import Catalogue, Plan
from server.subdomains.subscriptions.domain.details import Details
from server.subdomains.subscriptions.domain.subscription import Subscription
from server.subdomains.subscriptions.ports import BillingProvider
from server.subdomains.subscriptions.repository import SubscriptionReader, SubscriptionRepository
from server.subdomains.subscriptions.settings import SubscriptionsSettings

PLAN_ORDERING = Ordering(("cost",), "cost")


@dataclass(frozen=True, slots=True)
class ListedPlan:
    """A plan of a list, as :class:`Lists` wants its rows."""

    plan: Plan
    position: int
    total_size: int


class SubscriptionsApplication:
    """What can be done with subscriptions."""

    def __init__(
        self,
        *,
        reader: Reader,
        lists: Lists,
        catalogue: Catalogue,
        provider: BillingProvider,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._subscriptions = SubscriptionReader(reader)
        self._lists = lists
        self._catalogue = catalogue
        self._provider = provider
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "SubscriptionsApplication":
        settings: SubscriptionsSettings = platform.read_settings(SubscriptionsSettings)
        catalogue = read_catalogue(settings.billing_plans_file)
        return cls(
            reader=platform.reader,
            lists=platform.lists,
            catalogue=catalogue,
            provider=SimpleProvider(catalogue, platform.new_id),
            new_id=platform.new_id,
            now=platform.clock,
        )

    async def get_subscription(self, *, organization_id: str, caller_id: str, is_billing_admin: bool) -> Subscription:
        """The subscription of an organization, as it is stored."""
        subscription = await self._subscriptions.get(organization_id)
        subscription.check_viewer(caller_id, is_billing_admin=is_billing_admin)
        subscription.details = subscription.details.at(self._now())
        return subscription

    def list_pricing_plans(self, page: Page) -> Paged:
        """The plans on offer, in groups by their period."""
        plans = self._catalogue.listed(is_descending=page.is_descending)
        start = 0 if page.after is None else int(page.after[0]) + 1
        rows = [ListedPlan(plan, position, len(plans)) for position, plan in enumerate(plans) if position >= start]
        paged = self._lists.paged(page, rows[: page.size + 1], lambda row: (row.position, row.plan.id))
        return Paged([row.plan for row in paged.items], paged.next_page_token, paged.total_size)

    async def create_subscription(self, uow: UnitOfWork, *, organization_id: str, buyer_id: str) -> None:
        """Subscribe a new organization to the starting plan, within the transaction that creates it."""
        now = self._now()
        subscription = Subscription.create(
            id=self._new_id("billsub"),
            organization_id=organization_id,
            buyer_id=buyer_id,
            provider_name=self._provider.name,
            details=Details.incomplete(self._catalogue.starting),
            now=now,
        )
        state = self._provider.subscribe(buyer_id, now)
        subscription.change_provider(self._provider.provider_of(state), self._provider.interpret(state, now))
        await uow.act_within(organization_id)
        await SubscriptionRepository(uow).add(subscription)

    async def tier_of(self, uow: UnitOfWork, organization_id: str) -> SubscriptionTier:
        """The tier of an organization. One without a subscription yet counts with the starting plan's."""
        await uow.act_within(organization_id)
        tier = await SubscriptionRepository(uow).find_tier(organization_id)
        return tier or self._catalogue.starting.tier
