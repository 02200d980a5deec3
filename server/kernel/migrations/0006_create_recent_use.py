"""How often things were used lately, for what may be used only so often."""

from alembic import op

from server.kernel.migrate import allow

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE kernel.recent_use (
            key bytea PRIMARY KEY,
            used_at timestamptz[] NOT NULL,
            expires_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX recent_use_by_expiry ON kernel.recent_use (expires_at)")
    allow(op, "kernel", "recent_use")
