"""Sessions and the refresh tokens they have used up."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE auth_tokens.session (
            id uuid NOT NULL,
            user_id uuid NOT NULL,
            refresh_token_digest bytea NOT NULL,
            access_token_expires_at timestamptz NOT NULL,
            refresh_token_expires_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL,
            auth_time timestamptz NOT NULL,
            amr text[] NOT NULL,
            provider text NOT NULL,
            last_used_at timestamptz NOT NULL,
            ip_address text NOT NULL,
            user_agent text NOT NULL,
            revoked_at timestamptz,
            version integer NOT NULL,
            CONSTRAINT session_pkey PRIMARY KEY (id),
            CONSTRAINT session_refresh_token_is_unique UNIQUE (refresh_token_digest)
        )
        """
    )
    op.execute("CREATE INDEX session_by_expiry ON auth_tokens.session (refresh_token_expires_at)")
    op.execute(
        "CREATE INDEX session_live_by_user ON auth_tokens.session (user_id, last_used_at, id) WHERE revoked_at IS NULL"
    )
    op.execute(
        """
        CREATE TABLE auth_tokens.spent_refresh_token (
            digest bytea NOT NULL,
            session_id uuid NOT NULL,
            spent_at timestamptz NOT NULL,
            request_id uuid,
            sealed_answer bytea,
            CONSTRAINT spent_refresh_token_pkey PRIMARY KEY (digest),
            CONSTRAINT spent_refresh_token_is_of_a_session FOREIGN KEY (session_id)
                REFERENCES auth_tokens.session (id) ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX spent_refresh_token_by_session ON auth_tokens.spent_refresh_token (session_id, spent_at)")
    op.execute(
        "CREATE INDEX spent_refresh_token_with_answer ON auth_tokens.spent_refresh_token (spent_at) "
        "WHERE sealed_answer IS NOT NULL"
    )
    for table in ("session", "spent_refresh_token"):
        allow(op, "auth_tokens", table)
