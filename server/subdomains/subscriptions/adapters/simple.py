"""The built-in billing provider: no remote service, and no money is taken."""

import logging
from collections.abc import Callable
from datetime import datetime

from server.kernel.access.roles import SubscriptionTier
from server.subdomains.subscriptions.domain.catalogue import NOTHING, Catalogue, Money
from server.subdomains.subscriptions.domain.details import (
    Details,
    PaymentMethod,
    PaymentMethodStatus,
    PaymentMethodType,
    SubscriptionStatus,
)
from server.subdomains.subscriptions.domain.period import ETERNITY
from server.subdomains.subscriptions.domain.subscription import Provider, State

log = logging.getLogger(__name__)

BUYER_ID = "BuyerId"
SUBSCRIPTION_ID = "SubscriptionId"
PLAN_ID = "PlanId"
TERM_ENDS_AT = "TermEndsAt"
TRIAL_ENDS_AT = "TrialEndsAt"
CANCEL_AT_TERM_END = "CancelAtTermEnd"

_PAYMENT_METHOD = PaymentMethod(PaymentMethodType.OTHER, PaymentMethodStatus.VALID)
_UNSUBSCRIBED = Details(
    status=SubscriptionStatus.UNSUBSCRIBED,
    tier=SubscriptionTier.UNSUBSCRIBED,
    payment_method=_PAYMENT_METHOD,
    can_be_unsubscribed=True,
)


class SimpleProvider:
    """Keeps terms and trials by the clock, and charges nothing for them."""

    name = "simple"

    def __init__(self, catalogue: Catalogue, new_id: Callable[[str], str]) -> None:
        self._catalogue = catalogue
        self._new_id = new_id

    def subscribe(self, buyer_id: str, now: datetime) -> State:
        """Subscribe a buyer to the starting plan; its trial and its term begin now."""
        plan = self._catalogue.starting
        ends = {
            TERM_ENDS_AT: plan.period.end(now),
            TRIAL_ENDS_AT: plan.trial.end(now) if plan.trial else None,
        }
        state = {BUYER_ID: buyer_id, SUBSCRIPTION_ID: self._new_id("simplesub"), PLAN_ID: plan.id}
        return state | {key: at.isoformat() for key, at in ends.items() if at is not None}

    def provider_of(self, state: State) -> Provider:
        """What a state calls the buyer and the subscription."""
        return Provider(self.name, state, state[BUYER_ID], state.get(SUBSCRIPTION_ID))

    def interpret(self, state: State, now: datetime) -> Details:
        """What a state means. A plan that is not in the catalogue any more gives nothing."""
        if SUBSCRIPTION_ID not in state:
            return _UNSUBSCRIBED
        plan_id = state.get(PLAN_ID)
        plan = self._catalogue.find(plan_id or "")
        if plan is None:
            log.error("a subscription is on a plan that is not in the catalogue", extra={"plan_id": plan_id})
        term_ends_at, trial_ends_at = _instant(state, TERM_ENDS_AT), _instant(state, TRIAL_ENDS_AT)
        is_canceling = CANCEL_AT_TERM_END in state
        return Details(
            status=SubscriptionStatus.CANCELING if is_canceling else SubscriptionStatus.ACTIVATED,
            tier=plan.tier if plan else SubscriptionTier.UNSUBSCRIBED,
            canceled_at=(trial_ends_at or term_ends_at) if is_canceling else None,
            plan_id=plan_id,
            is_trial=trial_ends_at is not None and now < trial_ends_at,
            trial_ends_at=trial_ends_at,
            period=plan.period.shown if plan else ETERNITY,
            invoice_amount=Money(currency=plan.cost.currency) if plan else NOTHING,
            next_invoice_at=term_ends_at,
            payment_method=_PAYMENT_METHOD,
            can_be_unsubscribed=True,
        )


def _instant(state: State, key: str) -> datetime | None:
    return datetime.fromisoformat(state[key]) if key in state else None
