"""The subscriptions of the message bus, what they have been given, and queues that stand still."""

from alembic import op

from server.kernel.migrate import allow

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_subscriptions()
    _create_notifications()
    _create_pauses()
    _deliver_events()


def _create_subscriptions() -> None:
    op.execute(
        """
        CREATE TABLE kernel.subscription (
            name text PRIMARY KEY,
            event_names text[],
            is_by_organization boolean NOT NULL DEFAULT false,
            is_held boolean NOT NULL DEFAULT false,
            created_at timestamptz NOT NULL
        )
        """
    )
    allow(op, "kernel", "subscription")
    op.execute(
        """
        CREATE TABLE kernel.subscription_organization (
            subscription text NOT NULL,
            organization_id uuid NOT NULL,
            PRIMARY KEY (subscription, organization_id)
        )
        """
    )
    allow(op, "kernel", "subscription_organization")


def _create_notifications() -> None:
    op.execute(
        """
        CREATE TABLE kernel.notification (
            event_id uuid NOT NULL,
            subscription text NOT NULL,
            status text NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            error_reason text,
            created_at timestamptz NOT NULL,
            handled_at timestamptz,
            PRIMARY KEY (event_id, subscription)
        )
        """
    )
    op.execute("CREATE INDEX notification_by_time ON kernel.notification (created_at, event_id, subscription)")
    allow(op, "kernel", "notification")


def _create_pauses() -> None:
    op.execute(
        """
        CREATE TABLE kernel.paused_queue (
            queue text PRIMARY KEY,
            paused_at timestamptz NOT NULL,
            paused_by_id uuid NOT NULL
        )
        """
    )
    allow(op, "kernel", "paused_queue")


def _deliver_events() -> None:
    # With it the id of an aggregate can be written by those who do not know its subdomain.
    op.execute("ALTER TABLE kernel.event ADD COLUMN aggregate_prefix text NOT NULL DEFAULT ''")
    # The text of an event is made when it is delivered: the event log has it already.
    op.execute(
        """
        ALTER TABLE kernel.delivery
            ADD COLUMN subscription text,
            ADD COLUMN event_id uuid,
            ALTER COLUMN message DROP NOT NULL,
            ADD CONSTRAINT delivery_has_content CHECK ((message IS NULL) = (event_id IS NOT NULL)),
            ADD CONSTRAINT delivery_of_event_has_subscription CHECK ((event_id IS NULL) = (subscription IS NULL))
        """
    )
    # Leasing a message then changes no index.
    op.execute("ALTER TABLE kernel.delivery SET (fillfactor = 70)")
