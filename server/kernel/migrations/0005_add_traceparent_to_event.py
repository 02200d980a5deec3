"""Events remember the trace of the call that they happened in, so that their deliveries join it."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE kernel.event ADD COLUMN traceparent text")
