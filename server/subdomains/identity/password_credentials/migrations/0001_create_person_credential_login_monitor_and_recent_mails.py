"""Credentials, and what is counted by name and by address."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE password_credentials.person_credential (
            id uuid NOT NULL,
            user_id uuid NOT NULL,
            email_address text NOT NULL,
            name text NOT NULL,
            password_hash text,
            created_at timestamptz NOT NULL,
            verification_token_digest bytea,
            verification_expires_at timestamptz,
            verified_at timestamptz,
            reset_token_digest bytea,
            reset_expires_at timestamptz,
            is_locked boolean NOT NULL,
            version integer NOT NULL,
            CONSTRAINT person_credential_pkey PRIMARY KEY (id),
            CONSTRAINT person_credential_user_is_unique UNIQUE (user_id),
            CONSTRAINT person_credential_email_is_unique UNIQUE (email_address),
            CONSTRAINT person_credential_verification_is_unique UNIQUE (verification_token_digest),
            CONSTRAINT person_credential_reset_is_unique UNIQUE (reset_token_digest),
            CONSTRAINT person_credential_verified_has_no_token CHECK
                (verified_at IS NULL OR (verification_token_digest IS NULL AND verification_expires_at IS NULL))
        )
        """
    )
    op.execute(
        """
        CREATE TABLE password_credentials.login_monitor (
            name_digest bytea NOT NULL,
            failed_attempts integer NOT NULL,
            last_failed_at timestamptz,
            underway jsonb NOT NULL,
            expires_at timestamptz NOT NULL,
            CONSTRAINT login_monitor_pkey PRIMARY KEY (name_digest)
        )
        """
    )
    op.execute("CREATE INDEX login_monitor_by_expiry ON password_credentials.login_monitor (expires_at)")
    op.execute(
        """
        CREATE TABLE password_credentials.recent_mails (
            address_digest bytea NOT NULL,
            sent_at timestamptz[] NOT NULL,
            expires_at timestamptz NOT NULL,
            CONSTRAINT recent_mails_pkey PRIMARY KEY (address_digest)
        )
        """
    )
    op.execute("CREATE INDEX recent_mails_by_expiry ON password_credentials.recent_mails (expires_at)")
    allow(op, "password_credentials", "person_credential", "SELECT", "INSERT", "UPDATE")
    for table in ("login_monitor", "recent_mails"):
        allow(op, "password_credentials", table)
