"""Endpoints, how they do, and the attempts to call them."""

from alembic import op

from server.kernel.migrate import allow, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_endpoint()
    _create_health()
    _create_attempt()


def _create_endpoint() -> None:
    op.execute(
        """
        CREATE TABLE webhooks.endpoint (
            organization_id uuid NOT NULL,
            id uuid NOT NULL,
            created_at timestamptz NOT NULL,
            url text NOT NULL,
            description text NOT NULL,
            event_types text[] NOT NULL
                CONSTRAINT endpoint_listens_to_something CHECK (cardinality(event_types) > 0),
            disabled_at timestamptz,
            disabled_reason text
                CONSTRAINT endpoint_reason_is_known CHECK (disabled_reason IN ('by_owner', 'gone', 'failing')),
            secret bytea NOT NULL,
            old_secret bytea,
            old_secret_until timestamptz,
            version integer NOT NULL,
            CONSTRAINT endpoint_pkey PRIMARY KEY (organization_id, id),
            CONSTRAINT endpoint_is_disabled_for_a_reason
                CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL)),
            CONSTRAINT endpoint_old_secret_ends CHECK ((old_secret IS NULL) = (old_secret_until IS NULL))
        )
        """
    )
    op.execute("CREATE INDEX endpoint_by_creation ON webhooks.endpoint (organization_id, created_at, id)")
    protect(op, "webhooks", "endpoint")
    allow(op, "webhooks", "endpoint")


def _create_health() -> None:
    op.execute(
        """
        CREATE TABLE webhooks.health (
            endpoint_id uuid NOT NULL,
            organization_id uuid NOT NULL,
            created_at timestamptz NOT NULL,
            disabled_at timestamptz,
            failing_since_at timestamptz,
            last_delivered_at timestamptz,
            last_failed_at timestamptz,
            last_failure text,
            rests_until timestamptz,
            swept_at timestamptz NOT NULL,
            CONSTRAINT health_pkey PRIMARY KEY (endpoint_id),
            CONSTRAINT health_is_of_an_endpoint FOREIGN KEY (organization_id, endpoint_id)
                REFERENCES webhooks.endpoint (organization_id, id) ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX health_by_creation ON webhooks.health (created_at, endpoint_id)")
    op.execute("CREATE INDEX health_by_sweep ON webhooks.health (swept_at)")
    allow(op, "webhooks", "health")


def _create_attempt() -> None:
    op.execute(
        """
        CREATE TABLE webhooks.attempt (
            organization_id uuid NOT NULL,
            id uuid NOT NULL,
            endpoint_id uuid NOT NULL,
            event_id uuid NOT NULL,
            event_type text NOT NULL,
            attempted_at timestamptz NOT NULL,
            duration_milliseconds integer NOT NULL,
            http_status integer,
            failure text,
            CONSTRAINT attempt_pkey PRIMARY KEY (organization_id, id),
            CONSTRAINT attempt_is_at_an_endpoint FOREIGN KEY (organization_id, endpoint_id)
                REFERENCES webhooks.endpoint (organization_id, id) ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX attempt_by_time ON webhooks.attempt (organization_id, endpoint_id, attempted_at, id)")
    protect(op, "webhooks", "attempt")
    allow(op, "webhooks", "attempt")
