"""What outside parties reported, and what they must not report again."""

from alembic import op

from server.kernel.migrate import allow

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE kernel.webhook_notification (
            id uuid PRIMARY KEY,
            source text NOT NULL,
            event_id text NOT NULL,
            event_type text NOT NULL,
            body json NOT NULL,
            status text NOT NULL
                CONSTRAINT webhook_notification_status_is_known CHECK (status IN ('received', 'processed', 'failed')),
            received_at timestamptz NOT NULL,
            settled_at timestamptz,
            CONSTRAINT webhook_notification_event_is_unique UNIQUE (source, event_id)
        )
        """
    )
    allow(op, "kernel", "webhook_notification", "SELECT", "INSERT", "UPDATE")
    op.execute(
        """
        CREATE TABLE kernel.webhook_nonce (
            source text NOT NULL,
            digest bytea NOT NULL,
            expires_at timestamptz NOT NULL,
            PRIMARY KEY (source, digest)
        )
        """
    )
    op.execute("CREATE INDEX webhook_nonce_by_expiry ON kernel.webhook_nonce (expires_at)")
    allow(op, "kernel", "webhook_nonce", "SELECT", "INSERT", "DELETE")
