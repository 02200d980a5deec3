"""The plans that organizations can subscribe to."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from server.kernel.access.roles import SubscriptionTier
from server.subdomains.subscriptions.domain.period import Period, PeriodUnit

DEFAULT_CURRENCY = "USD"

# What a plan without a period has: one payment, and never another.
FOR_EVER = Period(1, PeriodUnit.ETERNITY)

# Plans are listed in groups, in this order.
_GROUPS = (PeriodUnit.YEAR, PeriodUnit.MONTH, PeriodUnit.WEEK, PeriodUnit.DAY, PeriodUnit.ETERNITY)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency. Never negative."""

    amount: Decimal = Decimal(0)
    currency: str = DEFAULT_CURRENCY


NOTHING = Money()


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature, as a plan is advertised."""

    description: str
    is_included: bool


@dataclass(frozen=True, slots=True)
class FeatureSection:
    """Features that are shown together."""

    description: str
    features: Sequence[Feature]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan that an organization can subscribe to."""

    id: str
    tier: SubscriptionTier
    provider_plan_id: str
    is_starting: bool = False
    trial: Period | None = None
    cost: Money = NOTHING
    setup_cost: Money = NOTHING
    period: Period = FOR_EVER
    display_name: str = ""
    description: str = ""
    notes: str = ""
    is_recommended: bool = False
    feature_sections: Sequence[FeatureSection] = ()


class Catalogue:
    """All plans of a deployment."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        """
        Take the plans.

        Raises:
            ValueError: Two share an id, or there is not exactly one to start with.
        """
        self._plans = {plan.id: plan for plan in plans}
        if len(self._plans) != len(plans):
            raise ValueError("the ids of plans are unique")
        if len({plan.provider_plan_id for plan in plans}) != len(plans):
            raise ValueError("the provider_plan_ids of plans are unique")
        starting = [plan for plan in plans if plan.is_starting]
        if len(starting) != 1:
            raise ValueError("exactly one plan is starting")
        self.starting = starting[0]

    def find(self, plan_id: str) -> Plan | None:
        """The plan with this id."""
        return self._plans.get(plan_id)

    def listed(self, *, is_descending: bool) -> list[Plan]:
        """All plans: in groups by their period, each by cost, then by id."""
        return sorted(self._plans.values(), key=lambda plan: _rank(plan, is_descending))


def _rank(plan: Plan, is_descending: bool) -> tuple[int, Decimal, str]:
    return _GROUPS.index(plan.period.unit), -plan.cost.amount if is_descending else plan.cost.amount, plan.id


BUILT_IN = Catalogue(
    [
        Plan(
            id="_simple_standard",
            tier=SubscriptionTier.STANDARD,
            provider_plan_id="_simple_standard",
            is_starting=True,
            display_name="Free",
            description="For everyone. Forever.",
            notes="This plan cannot be changed, nor canceled.",
            is_recommended=True,
            feature_sections=[FeatureSection("", [Feature("All features", is_included=True)])],
        )
    ]
)
