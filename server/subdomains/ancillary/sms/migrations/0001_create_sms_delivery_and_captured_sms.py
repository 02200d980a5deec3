"""SMS on their way, and the capture store."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE sms.sms_delivery (
            id uuid PRIMARY KEY,
            organization_id uuid,
            created_at timestamptz NOT NULL,
            host_region text NOT NULL,
            is_sensitive boolean NOT NULL,
            body text NOT NULL,
            to_phone_number text NOT NULL,
            tags text[] NOT NULL,
            status text NOT NULL
                CONSTRAINT sms_delivery_status_is_known
                CHECK (status IN ('created', 'sending_failed', 'sent', 'delivered', 'delivery_failed')),
            attempted_at timestamptz[] NOT NULL,
            sending_until timestamptz,
            sent_at timestamptz,
            receipt_id text,
            send_failed_at timestamptz,
            delivered_at timestamptz,
            delivery_failed_at timestamptz,
            delivery_failed_reason text,
            version integer NOT NULL,
            CONSTRAINT sms_delivery_keeps_no_secret CHECK (NOT is_sensitive OR sent_at IS NULL OR body = ''),
            CONSTRAINT sms_delivery_arrives_or_does_not CHECK (delivered_at IS NULL OR delivery_failed_at IS NULL),
            CONSTRAINT sms_delivery_failed_for_a_reason
                CHECK ((delivery_failed_at IS NULL) = (delivery_failed_reason IS NULL))
        )
        """
    )
    op.execute("CREATE INDEX sms_delivery_by_creation ON sms.sms_delivery (created_at, id)")
    op.execute("CREATE INDEX sms_delivery_by_recipient ON sms.sms_delivery (to_phone_number, created_at)")
    op.execute("CREATE INDEX sms_delivery_by_receipt ON sms.sms_delivery (receipt_id)")
    op.execute(
        """
        CREATE TABLE sms.captured_sms (
            id uuid PRIMARY KEY,
            captured_at timestamptz NOT NULL,
            body text NOT NULL,
            to_phone_number text NOT NULL,
            tags text[] NOT NULL
        )
        """
    )
    allow(op, "sms", "sms_delivery", "SELECT", "INSERT", "UPDATE")
    allow(op, "sms", "captured_sms", "SELECT", "INSERT")
