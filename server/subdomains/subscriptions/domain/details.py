"""What a provider's state means: status, plan, period, next invoice, payment method."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from server.kernel.access.roles import SubscriptionTier
from server.subdomains.subscriptions.domain.catalogue import NOTHING, Money, Plan
from server.subdomains.subscriptions.domain.period import ETERNITY, Period


class SubscriptionStatus(StrEnum):
    """Where a subscription stands."""

    UNSUBSCRIBED = "unsubscribed"
    ACTIVATED = "activated"
    CANCELED = "canceled"
    CANCELING = "canceling"


class PaymentMethodType(StrEnum):
    """A kind of payment method."""

    NONE = "none"
    CARD = "card"
    OTHER = "other"


class PaymentMethodStatus(StrEnum):
    """Whether a payment method can be charged."""

    INVALID = "invalid"
    VALID = "valid"


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """How a subscription is paid."""

    type: PaymentMethodType = PaymentMethodType.NONE
    status: PaymentMethodStatus = PaymentMethodStatus.INVALID
    expires_at: datetime | None = None


NO_METHOD = PaymentMethod()


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a provider's state says of a subscription. Stored, so that reads need neither provider nor interpreter."""

    status: SubscriptionStatus
    tier: SubscriptionTier
    canceled_at: datetime | None = None
    is_payment_overdue: bool = False
    plan_id: str | None = None
    is_trial: bool = False
    trial_ends_at: datetime | None = None
    period: Period = ETERNITY
    invoice_amount: Money = NOTHING
    next_invoice_at: datetime | None = None
    payment_method: PaymentMethod = NO_METHOD
    can_be_unsubscribed: bool = False

    @classmethod
    def incomplete(cls, starting: Plan) -> "Details":
        """What counts until the provider has answered."""
        return cls(
            status=SubscriptionStatus.ACTIVATED, tier=starting.tier, plan_id=starting.id, period=starting.period.shown
        )

    @property
    def can_be_canceled(self) -> bool:
        return self.status is SubscriptionStatus.ACTIVATED

    def at(self, now: datetime) -> "Details":
        """The same, at a later instant: a trial that has ended is none any more."""
        if self.is_trial and self.trial_ends_at is not None and now >= self.trial_ends_at:
            return replace(self, is_trial=False)
        return self
