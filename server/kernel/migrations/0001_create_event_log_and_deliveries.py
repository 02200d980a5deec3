"""The event log, the deliveries and the kept answers."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_event_log()
    _create_deliveries()
    _create_kept_answers()


def _create_event_log() -> None:
    op.execute(
        """
        CREATE TABLE kernel.event (
            id uuid PRIMARY KEY,
            aggregate_type text NOT NULL,
            aggregate_id uuid NOT NULL,
            version bigint NOT NULL,
            name text NOT NULL,
            organization_id uuid,
            occurred_at timestamptz NOT NULL,
            data jsonb NOT NULL,
            call_id text NOT NULL,
            caller_id uuid NOT NULL,
            CONSTRAINT event_version_is_unique UNIQUE (aggregate_type, aggregate_id, version)
        )
        """
    )
    op.execute("CREATE INDEX event_by_name ON kernel.event (name, id)")
    allow(op, "kernel", "event", "SELECT", "INSERT")


def _create_deliveries() -> None:
    op.execute(
        """
        CREATE TABLE kernel.delivery (
            id uuid PRIMARY KEY,
            queue text NOT NULL,
            lane text,
            position bigint NOT NULL DEFAULT 0,
            message text NOT NULL,
            organization_id uuid,
            queued_at timestamptz NOT NULL,
            due_at timestamptz NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            leased_until timestamptz,
            leased_by uuid,
            dead_at timestamptz,
            reason text,
            description text
        )
        """
    )
    op.execute("CREATE INDEX delivery_by_due ON kernel.delivery (queue, due_at, id) WHERE dead_at IS NULL")
    op.execute("CREATE INDEX delivery_by_lane ON kernel.delivery (queue, lane, position) WHERE lane IS NOT NULL")
    op.execute("CREATE INDEX delivery_dead ON kernel.delivery (queue, dead_at, id) WHERE dead_at IS NOT NULL")
    allow(op, "kernel", "delivery")


def _create_kept_answers() -> None:
    op.execute(
        """
        CREATE TABLE kernel.kept_answer (
            key bytea PRIMARY KEY,
            body bytea NOT NULL,
            answer bytea NOT NULL,
            expires_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX kept_answer_by_expiry ON kernel.kept_answer (expires_at)")
    allow(op, "kernel", "kept_answer")
