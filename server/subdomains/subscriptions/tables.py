"""The table of subscriptions."""

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, Numeric, PrimaryKeyConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB

from server.kernel.access.roles import SubscriptionTier
from server.kernel.database.types import Id, Instant, Word, tenant_table
from server.subdomains.subscriptions.domain.details import PaymentMethodStatus, PaymentMethodType, SubscriptionStatus
from server.subdomains.subscriptions.domain.period import PeriodUnit

metadata = MetaData(schema="subscriptions")

subscription = tenant_table(
    "subscription",
    metadata,
    Column("id", Id("billsub"), nullable=False),
    Column("buyer_id", Id("user"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("provider_name", Text),
    Column("provider_state", JSONB),
    Column("buyer_reference", Text),
    Column("subscription_reference", Text),
    Column("status", Word(SubscriptionStatus), nullable=False),
    Column("tier", Word(SubscriptionTier), nullable=False),
    Column("canceled_at", Instant),
    Column("is_payment_overdue", Boolean, nullable=False),
    Column("plan_id", Text),
    Column("is_trial", Boolean, nullable=False),
    Column("trial_ends_at", Instant),
    Column("period_frequency", Integer, nullable=False),
    Column("period_unit", Word(PeriodUnit), nullable=False),
    Column("invoice_amount", Numeric, nullable=False),
    Column("invoice_currency", Text, nullable=False),
    Column("next_invoice_at", Instant),
    Column("payment_method_type", Word(PaymentMethodType), nullable=False),
    Column("payment_method_status", Word(PaymentMethodStatus), nullable=False),
    Column("payment_method_expires_at", Instant),
    Column("can_be_unsubscribed", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("organization_id", name="subscription_is_one_per_organization"),
    Index("subscription_id_is_unique", "id", unique=True),
)
