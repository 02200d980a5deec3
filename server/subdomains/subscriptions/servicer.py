"""SubscriptionsService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money as MoneyMessage
from tenantry.subscriptions.v1 import (
    billing_period_pb2,
    pricing_plan_pb2,
    subscription_pb2,
    subscriptions_service_pb2,
    subscriptions_service_pb2_grpc,
)

from server.kernel.access.caller import current_call
from server.kernel.access.roles import TenantRole
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.access_enums import TIERS
from server.kernel.rpc.context import Context
from server.kernel.rpc.times import to_timestamp
from server.subdomains.subscriptions.application import PLAN_ORDERING, SubscriptionsApplication
from server.subdomains.subscriptions.domain.catalogue import Money, Plan
from server.subdomains.subscriptions.domain.details import (
    Details,
    PaymentMethodStatus,
    PaymentMethodType,
    SubscriptionStatus,
)
from server.subdomains.subscriptions.domain.period import ETERNITY, Period, PeriodUnit
from server.subdomains.subscriptions.domain.subscription import Subscription

_STATUSES = {
    SubscriptionStatus.UNSUBSCRIBED: subscription_pb2.SUBSCRIPTION_STATUS_UNSUBSCRIBED,
    SubscriptionStatus.ACTIVATED: subscription_pb2.SUBSCRIPTION_STATUS_ACTIVATED,
    SubscriptionStatus.CANCELED: subscription_pb2.SUBSCRIPTION_STATUS_CANCELED,
    SubscriptionStatus.CANCELING: subscription_pb2.SUBSCRIPTION_STATUS_CANCELING,
}
_UNITS = {
    PeriodUnit.ETERNITY: billing_period_pb2.PERIOD_UNIT_ETERNITY,
    PeriodUnit.DAY: billing_period_pb2.PERIOD_UNIT_DAY,
    PeriodUnit.WEEK: billing_period_pb2.PERIOD_UNIT_WEEK,
    PeriodUnit.MONTH: billing_period_pb2.PERIOD_UNIT_MONTH,
    PeriodUnit.YEAR: billing_period_pb2.PERIOD_UNIT_YEAR,
}
_METHOD_TYPES = {
    PaymentMethodType.NONE: subscription_pb2.PAYMENT_METHOD_TYPE_NONE,
    PaymentMethodType.CARD: subscription_pb2.PAYMENT_METHOD_TYPE_CARD,
    PaymentMethodType.OTHER: subscription_pb2.PAYMENT_METHOD_TYPE_OTHER,
}
_METHOD_STATUSES = {
    PaymentMethodStatus.INVALID: subscription_pb2.PAYMENT_METHOD_STATUS_INVALID,
    PaymentMethodStatus.VALID: subscription_pb2.PAYMENT_METHOD_STATUS_VALID,
}
_NANOS = 1_000_000_000


class SubscriptionsServicer(subscriptions_service_pb2_grpc.SubscriptionsServiceServicer):
    """Answers SubscriptionsService."""

    def __init__(self, application: SubscriptionsApplication, lists: Lists) -> None:
        self._subscriptions = application
        self._lists = lists

    async def GetSubscription(
        self, request: subscriptions_service_pb2.GetSubscriptionRequest, context: Context
    ) -> subscriptions_service_pb2.GetSubscriptionResponse:
        call = current_call()
        membership = call.caller.membership(call.organization)
        subscription = await self._subscriptions.get_subscription(
            organization_id=call.organization,
            caller_id=call.caller.user_id,
            is_billing_admin=call.caller.is_service
            or (membership is not None and TenantRole.BILLING_ADMIN in membership.roles),
        )
        return subscriptions_service_pb2.GetSubscriptionResponse(subscription=_to_proto(subscription))

    def check_ListPricingPlans(self, request: subscriptions_service_pb2.ListPricingPlansRequest) -> Iterator[Violation]:
        return self._lists.violations(request, PLAN_ORDERING)

    async def ListPricingPlans(
        self, request: subscriptions_service_pb2.ListPricingPlansRequest, context: Context
    ) -> subscriptions_service_pb2.ListPricingPlansResponse:
        found = self._subscriptions.list_pricing_plans(self._lists.page(request, PLAN_ORDERING))
        plans = pricing_plan_pb2.PricingPlans()
        groups = {
            PeriodUnit.YEAR: plans.annually,
            PeriodUnit.MONTH: plans.monthly,
            PeriodUnit.WEEK: plans.weekly,
            PeriodUnit.DAY: plans.daily,
            PeriodUnit.ETERNITY: plans.eternally,
        }
        for plan in found.items:
            groups[plan.period.unit].append(_plan_to_proto(plan))
        return subscriptions_service_pb2.ListPricingPlansResponse(
            plans=plans, next_page_token=found.next_page_token, total_size=found.total_size
        )


def _to_proto(subscription: Subscription) -> subscription_pb2.Subscription:
    provider, details = subscription.provider, subscription.details
    return subscription_pb2.Subscription(
        id=subscription.id,
        organization_id=subscription.organization_id,
        buyer_id=subscription.buyer_id,
        provider_name=provider.name if provider else "",
        buyer_reference=provider.buyer_reference if provider else "",
        subscription_reference=provider.subscription_reference if provider else None,
        status=_STATUSES[details.status],
        canceled_at=_timestamp(details.canceled_at),
        is_payment_overdue=details.is_payment_overdue,
        plan=subscription_pb2.SubscriptionPlan(
            id=details.plan_id,
            is_trial=details.is_trial,
            trial_ends_at=_timestamp(details.trial_ends_at),
            tier=TIERS[details.tier],
        ),
        period=_period_to_proto(details.period),
        invoice=subscription_pb2.SubscriptionInvoice(
            amount=_money_to_proto(details.invoice_amount), next_at=_timestamp(details.next_invoice_at)
        ),
        payment_method=_payment_method_to_proto(details),
        can_be_canceled=details.can_be_canceled,
        can_be_unsubscribed=details.can_be_unsubscribed,
    )


def _payment_method_to_proto(details: Details) -> subscription_pb2.PaymentMethod:
    method = details.payment_method
    return subscription_pb2.PaymentMethod(
        type=_METHOD_TYPES[method.type],
        status=_METHOD_STATUSES[method.status],
        expires_at=_timestamp(method.expires_at),
    )


def _plan_to_proto(plan: Plan) -> pricing_plan_pb2.PricingPlan:
    trial = plan.trial or ETERNITY
    return pricing_plan_pb2.PricingPlan(
        id=plan.id,
        display_name=plan.display_name,
        description=plan.description,
        notes=plan.notes,
        is_recommended=plan.is_recommended,
        cost=_money_to_proto(plan.cost),
        setup_cost=_money_to_proto(plan.setup_cost),
        period=_period_to_proto(plan.period),
        trial=pricing_plan_pb2.PlanTrial(
            has_trial=plan.trial is not None, frequency=trial.frequency, unit=_UNITS[trial.unit]
        ),
        feature_sections=[
            pricing_plan_pb2.PlanFeatureSection(
                description=section.description,
                features=[
                    pricing_plan_pb2.PlanFeature(description=feature.description, is_included=feature.is_included)
                    for feature in section.features
                ],
            )
            for section in plan.feature_sections
        ],
    )


def _period_to_proto(period: Period) -> billing_period_pb2.BillingPeriod:
    return billing_period_pb2.BillingPeriod(frequency=period.frequency, unit=_UNITS[period.unit])


def _money_to_proto(money: Money) -> MoneyMessage:
    units, fraction = divmod(money.amount, 1)
    return MoneyMessage(currency_code=money.currency, units=int(units), nanos=int(fraction * _NANOS))


def _timestamp(instant: datetime | None) -> Timestamp | None:
    return None if instant is None else to_timestamp(instant)
