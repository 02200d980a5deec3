"""Subscriptions."""

from alembic import op

from server.kernel.migrate import allow, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE subscriptions.subscription (
            organization_id uuid NOT NULL,
            id uuid NOT NULL,
            buyer_id uuid NOT NULL,
            created_at timestamptz NOT NULL,
            provider_name text,
            provider_state jsonb,
            buyer_reference text,
            subscription_reference text,
            status text NOT NULL
                CONSTRAINT subscription_status_is_known
                CHECK (status IN ('unsubscribed', 'activated', 'canceled', 'canceling')),
            tier text NOT NULL
                CONSTRAINT subscription_tier_is_known
                CHECK (tier IN ('unsubscribed', 'standard', 'professional', 'enterprise')),
            canceled_at timestamptz,
            is_payment_overdue boolean NOT NULL,
            plan_id text,
            is_trial boolean NOT NULL,
            trial_ends_at timestamptz,
            period_frequency integer NOT NULL CONSTRAINT subscription_period_is_positive CHECK (period_frequency >= 0),
            period_unit text NOT NULL
                CONSTRAINT subscription_period_is_known
                CHECK (period_unit IN ('eternity', 'day', 'week', 'month', 'year')),
            invoice_amount numeric NOT NULL CONSTRAINT subscription_amount_is_positive CHECK (invoice_amount >= 0),
            invoice_currency text NOT NULL,
            next_invoice_at timestamptz,
            payment_method_type text NOT NULL
                CONSTRAINT subscription_payment_method_is_known
                CHECK (payment_method_type IN ('none', 'card', 'other')),
            payment_method_status text NOT NULL
                CONSTRAINT subscription_payment_method_status_is_known
                CHECK (payment_method_status IN ('invalid', 'valid')),
            payment_method_expires_at timestamptz,
            can_be_unsubscribed boolean NOT NULL,
            version integer NOT NULL,
            CONSTRAINT subscription_is_one_per_organization PRIMARY KEY (organization_id),
            CONSTRAINT subscription_is_complete_or_not
                CHECK (num_nonnulls(provider_name, provider_state, buyer_reference) IN (0, 3)),
            CONSTRAINT subscription_without_plan_gives_nothing
                CHECK (tier = 'unsubscribed' OR status IN ('activated', 'canceling'))
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX subscription_id_is_unique ON subscriptions.subscription (id)")
    protect(op, "subscriptions", "subscription")
    allow(op, "subscriptions", "subscription")
