"""The messages that were carried out, so that one which comes again has no second effect."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE provisioning.inbox (
            message_id uuid NOT NULL,
            received_at timestamptz NOT NULL,
            CONSTRAINT inbox_pkey PRIMARY KEY (message_id)
        )
        """
    )
    op.execute("CREATE INDEX inbox_by_age ON provisioning.inbox (received_at)")
    allow(op, "provisioning", "inbox", "SELECT", "INSERT", "DELETE")
