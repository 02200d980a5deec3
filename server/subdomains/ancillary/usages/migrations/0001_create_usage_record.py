"""Usages, kept here while there is no analytics service."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE usages.usage_record (
            id uuid PRIMARY KEY,
            message_id uuid NOT NULL,
            position integer NOT NULL,
            created_at timestamptz NOT NULL,
            kind text NOT NULL CONSTRAINT usage_record_kind_is_known CHECK (kind IN ('identify', 'track')),
            event_name text NOT NULL,
            user_id text NOT NULL,
            tenant text NOT NULL,
            properties jsonb NOT NULL,
            CONSTRAINT usage_record_is_of_one_message UNIQUE (message_id, position)
        )
        """
    )
    op.execute("CREATE INDEX usage_record_by_creation ON usages.usage_record (created_at, id)")
    allow(op, "usages", "usage_record", "SELECT", "INSERT")
