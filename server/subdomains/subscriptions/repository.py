"""How subscriptions are stored: all SQL about them."""

from typing import Any

from sqlalchemy import bindparam, insert, select

from server.kernel.access.roles import SubscriptionTier
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id
from server.subdomains.subscriptions import tables
from server.subdomains.subscriptions.domain.catalogue import Money
from server.subdomains.subscriptions.domain.details import Details, PaymentMethod
from server.subdomains.subscriptions.domain.period import Period
from server.subdomains.subscriptions.domain.subscription import Provider, Subscription
from server.subdomains.subscriptions.errors import SubscriptionNotFound

_subscription = tables.subscription.c
_ORGANIZATION = bindparam("organization_id", type_=Id("org"))

_INSERT = insert(tables.subscription)
_FIND = select(tables.subscription).where(_subscription.organization_id == _ORGANIZATION)
_TIER = select(_subscription.tier).where(_subscription.organization_id == _ORGANIZATION)


class SubscriptionRepository:
    """Subscriptions, within one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add(self, subscription: Subscription) -> None:
        """Insert a new subscription and publish its events."""
        await self._uow.write(_INSERT, _to_row(subscription))
        await self._uow.publish(subscription)

    async def find_tier(self, organization_id: str) -> SubscriptionTier | None:
        """The tier of an organization's subscription."""
        row = await self._uow.fetch_one(_TIER, {"organization_id": organization_id})
        return None if row is None else SubscriptionTier(row.tier)


class SubscriptionReader:
    """Reads of subscriptions, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def get(self, organization_id: str) -> Subscription:
        """
        The subscription of an organization.

        Raises:
            SubscriptionNotFound: There is no such organization.
        """
        row = await self._reader.fetch_one(_FIND, {"organization_id": organization_id})
        if row is None:
            raise SubscriptionNotFound
        return _from_row(row)


def _to_row(subscription: Subscription) -> dict[str, Any]:
    provider, details = subscription.provider, subscription.details
    return {
        "organization_id": subscription.organization_id,
        "id": subscription.id,
        "buyer_id": subscription.buyer_id,
        "created_at": subscription.created_at,
        "provider_name": provider.name if provider else None,
        "provider_state": provider.state if provider else None,
        "buyer_reference": provider.buyer_reference if provider else None,
        "subscription_reference": provider.subscription_reference if provider else None,
        "status": details.status,
        "tier": details.tier,
        "canceled_at": details.canceled_at,
        "is_payment_overdue": details.is_payment_overdue,
        "plan_id": details.plan_id,
        "is_trial": details.is_trial,
        "trial_ends_at": details.trial_ends_at,
        "period_frequency": details.period.frequency,
        "period_unit": details.period.unit,
        "invoice_amount": details.invoice_amount.amount,
        "invoice_currency": details.invoice_amount.currency,
        "next_invoice_at": details.next_invoice_at,
        "payment_method_type": details.payment_method.type,
        "payment_method_status": details.payment_method.status,
        "payment_method_expires_at": details.payment_method.expires_at,
        "can_be_unsubscribed": details.can_be_unsubscribed,
        "version": subscription.version + len(subscription.events),
    }


def _from_row(row: Any) -> Subscription:
    return Subscription(
        id=row.id,
        organization_id=row.organization_id,
        buyer_id=row.buyer_id,
        created_at=row.created_at,
        details=_details_of(row),
        provider=None
        if row.provider_name is None
        else Provider(row.provider_name, row.provider_state, row.buyer_reference, row.subscription_reference),
        version=row.version,
    )


def _details_of(row: Any) -> Details:
    return Details(
        status=row.status,
        tier=row.tier,
        canceled_at=row.canceled_at,
        is_payment_overdue=row.is_payment_overdue,
        plan_id=row.plan_id,
        is_trial=row.is_trial,
        trial_ends_at=row.trial_ends_at,
        period=Period(row.period_frequency, row.period_unit),
        invoice_amount=Money(row.invoice_amount, row.invoice_currency),
        next_invoice_at=row.next_invoice_at,
        payment_method=PaymentMethod(row.payment_method_type, row.payment_method_status, row.payment_method_expires_at),
        can_be_unsubscribed=row.can_be_unsubscribed,
    )
