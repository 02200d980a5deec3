"""The built-in billing provider: what it keeps, and what that means."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from server.kernel.access.roles import SubscriptionTier
from server.kernel.ids import new_id
from server.subdomains.subscriptions.adapters.simple import SimpleProvider
from server.subdomains.subscriptions.domain.catalogue import BUILT_IN, Catalogue, Money, Plan
from server.subdomains.subscriptions.domain.details import (
    PaymentMethodStatus,
    PaymentMethodType,
    SubscriptionStatus,
)
from server.subdomains.subscriptions.domain.period import ETERNITY, Period, PeriodUnit

_NOW = datetime(2030, 1, 1, tzinfo=UTC)
_BUYER = new_id("user")
_PAID = Catalogue(
    [
        Plan(
            id="paid",
            tier=SubscriptionTier.PROFESSIONAL,
            provider_plan_id="paid",
            is_starting=True,
            trial=Period(1, PeriodUnit.WEEK),
            cost=Money(Decimal(10), "EUR"),
            period=Period(1, PeriodUnit.MONTH),
        )
    ]
)


@pytest.fixture
def paid():
    return SimpleProvider(_PAID, new_id)


def test_a_subscription_to_an_eternal_plan_keeps_no_instants():
    provider = SimpleProvider(BUILT_IN, new_id)

    state = provider.subscribe(_BUYER, _NOW)

    assert set(state) == {"BuyerId", "SubscriptionId", "PlanId"}
    assert provider.provider_of(state).buyer_reference == _BUYER
    assert provider.provider_of(state).subscription_reference == state["SubscriptionId"]


def test_trial_and_term_begin_together(paid):
    state = paid.subscribe(_BUYER, _NOW)

    details = paid.interpret(state, _NOW)

    assert (details.status, details.tier) == (SubscriptionStatus.ACTIVATED, SubscriptionTier.PROFESSIONAL)
    assert (details.is_trial, details.trial_ends_at) == (True, _NOW + timedelta(days=7))
    assert details.next_invoice_at == datetime(2030, 2, 1, tzinfo=UTC)
    assert details.invoice_amount == Money(Decimal(0), "EUR")
    assert details.payment_method.type is PaymentMethodType.OTHER
    assert details.payment_method.status is PaymentMethodStatus.VALID


def test_a_trial_ends_at_its_instant(paid):
    state = paid.subscribe(_BUYER, _NOW)
    end = _NOW + timedelta(days=7)

    assert paid.interpret(state, end - datetime.resolution).is_trial
    assert not paid.interpret(state, end).is_trial
    assert not paid.interpret(state, _NOW).at(end).is_trial


def test_a_cancellation_counts_at_the_end_of_trial_or_term(paid):
    state = paid.subscribe(_BUYER, _NOW) | {"CancelAtTermEnd": "true"}

    in_trial = paid.interpret(state, _NOW)
    del state["TrialEndsAt"]
    in_term = paid.interpret(state, _NOW)

    assert in_trial.status is in_term.status is SubscriptionStatus.CANCELING
    assert in_trial.canceled_at == _NOW + timedelta(days=7)
    assert in_term.canceled_at == datetime(2030, 2, 1, tzinfo=UTC)
    assert in_term.tier is SubscriptionTier.PROFESSIONAL
    assert not in_term.can_be_canceled


def test_a_buyer_alone_is_unsubscribed(paid):
    details = paid.interpret({"BuyerId": _BUYER}, _NOW)

    assert (details.status, details.tier) == (SubscriptionStatus.UNSUBSCRIBED, SubscriptionTier.UNSUBSCRIBED)
    assert (details.plan_id, details.period) == (None, ETERNITY)
    assert details.can_be_unsubscribed


def test_a_plan_that_is_gone_gives_nothing(paid):
    state = paid.subscribe(_BUYER, _NOW) | {"PlanId": "gone"}

    details = paid.interpret(state, _NOW)

    assert (details.tier, details.plan_id) == (SubscriptionTier.UNSUBSCRIBED, "gone")


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        (Period(2, PeriodUnit.DAY), datetime(2030, 2, 27, tzinfo=UTC), datetime(2030, 3, 1, tzinfo=UTC)),
        (Period(1, PeriodUnit.WEEK), datetime(2030, 12, 28, tzinfo=UTC), datetime(2031, 1, 4, tzinfo=UTC)),
        (Period(1, PeriodUnit.MONTH), datetime(2030, 1, 31, tzinfo=UTC), datetime(2030, 2, 28, tzinfo=UTC)),
        (Period(13, PeriodUnit.MONTH), datetime(2030, 12, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC)),
        (Period(1, PeriodUnit.YEAR), datetime(2028, 2, 29, tzinfo=UTC), datetime(2029, 2, 28, tzinfo=UTC)),
        (ETERNITY, datetime(2030, 1, 1, tzinfo=UTC), None),
    ],
)
def test_periods_end_by_the_calendar(period, start, end):
    assert period.end(start) == end
