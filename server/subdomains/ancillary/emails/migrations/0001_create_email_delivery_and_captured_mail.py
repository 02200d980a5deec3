"""Mails on their way, and the capture store."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE emails.email_delivery (
            id uuid PRIMARY KEY,
            organization_id uuid,
            created_at timestamptz NOT NULL,
            host_region text NOT NULL,
            is_sensitive boolean NOT NULL,
            content_type text NOT NULL
                CONSTRAINT email_delivery_content_type_is_known CHECK (content_type IN ('html', 'templated')),
            subject text NOT NULL,
            body text NOT NULL,
            template_id text,
            substitutions jsonb NOT NULL,
            to_email_address text NOT NULL,
            to_display_name text NOT NULL,
            tags text[] NOT NULL,
            attempted_at timestamptz[] NOT NULL,
            sending_until timestamptz,
            sent_at timestamptz,
            receipt_id text,
            send_failed_at timestamptz,
            version integer NOT NULL,
            CONSTRAINT email_delivery_keeps_no_secret
                CHECK (NOT is_sensitive OR sent_at IS NULL OR (body = '' AND substitutions = '{}'))
        )
        """
    )
    op.execute("CREATE INDEX email_delivery_by_creation ON emails.email_delivery (created_at, id)")
    op.execute(
        """
        CREATE TABLE emails.captured_mail (
            id uuid PRIMARY KEY,
            captured_at timestamptz NOT NULL,
            subject text NOT NULL,
            body text NOT NULL,
            template_id text,
            substitutions jsonb NOT NULL,
            from_email_address text NOT NULL,
            from_display_name text NOT NULL,
            to_email_address text NOT NULL,
            to_display_name text NOT NULL,
            tags text[] NOT NULL
        )
        """
    )
    allow(op, "emails", "email_delivery", "SELECT", "INSERT", "UPDATE")
    allow(op, "emails", "captured_mail", "SELECT", "INSERT")
