"""The few operators are found among however many users."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX end_user_of_operators ON users.end_user (id) WHERE roles @> ARRAY['platform_operations']")
