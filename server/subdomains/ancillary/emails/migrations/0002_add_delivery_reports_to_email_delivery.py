"""What the gateway reports of a mail, and where it stands."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE emails.email_delivery
            ADD COLUMN status text,
            ADD COLUMN delivered_at timestamptz,
            ADD COLUMN delivery_failed_at timestamptz,
            ADD COLUMN delivery_failed_reason text
        """
    )
    op.execute(
        """
        UPDATE emails.email_delivery SET status = CASE
            WHEN sent_at IS NOT NULL THEN 'sent'
            WHEN send_failed_at IS NOT NULL THEN 'sending_failed'
            ELSE 'created'
        END
        """
    )
    op.execute(
        """
        ALTER TABLE emails.email_delivery
            ALTER COLUMN status SET NOT NULL,
            ADD CONSTRAINT email_delivery_status_is_known
                CHECK (status IN ('created', 'sending_failed', 'sent', 'delivered', 'delivery_failed')),
            ADD CONSTRAINT email_delivery_arrives_or_does_not
                CHECK (delivered_at IS NULL OR delivery_failed_at IS NULL),
            ADD CONSTRAINT email_delivery_failed_for_a_reason
                CHECK ((delivery_failed_at IS NULL) = (delivery_failed_reason IS NULL))
        """
    )
    op.execute("CREATE INDEX email_delivery_by_recipient ON emails.email_delivery (to_email_address, created_at)")
    op.execute("CREATE INDEX email_delivery_by_receipt ON emails.email_delivery (receipt_id)")
