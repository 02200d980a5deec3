"""Audits, which are only ever added."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE audits.audit (
            id uuid PRIMARY KEY,
            created_at timestamptz NOT NULL,
            organization_id uuid,
            against_id text,
            audit_code text NOT NULL,
            message_template text NOT NULL,
            template_arguments jsonb NOT NULL,
            host_region text NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX audit_by_creation ON audits.audit (created_at, id)")
    allow(op, "audits", "audit", "SELECT", "INSERT")
    # The grant keeps the application from changing audits; this keeps everybody else, its owner too.
    op.execute(
        """
        CREATE FUNCTION audits.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'audits are never changed or deleted' USING ERRCODE = 'insufficient_privilege';
        END
        $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audits.audit
            FOR EACH STATEMENT EXECUTE FUNCTION audits.refuse_change()
        """
    )
