"""Subscriptions that are new or gone, and notifications of events that another server has published."""

from alembic import op

from server.kernel.database.pool import APPLICATION_ROLE

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE kernel.subscription ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now()")
    op.execute("ALTER TABLE kernel.notification ADD COLUMN event jsonb")
    # The application may not lock the log, which it may only append to: but this it may do.
    op.execute(
        """
        CREATE FUNCTION kernel.await_writers_of_events() RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET lock_timeout = '5s'
        AS $$ BEGIN LOCK TABLE kernel.event IN SHARE MODE; END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION kernel.await_writers_of_events() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION kernel.await_writers_of_events() TO {APPLICATION_ROLE}")
