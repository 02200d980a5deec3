"""The cast of the tests."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE cast_of_tests.player (
            user_id uuid PRIMARY KEY, session_id uuid NOT NULL, "user" jsonb NOT NULL, is_live boolean NOT NULL
        )
        """
    )
    allow(op, "cast_of_tests", "player")
