"""API keys."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE api_keys.api_key (
            id uuid NOT NULL,
            user_id uuid NOT NULL,
            key_hash bytea NOT NULL,
            name text NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz,
            revoked_at timestamptz,
            last_used_at timestamptz,
            told_at timestamptz,
            version integer NOT NULL,
            CONSTRAINT api_key_pkey PRIMARY KEY (id),
            CONSTRAINT api_key_hash_is_a_digest CHECK (length(key_hash) = 32)
        )
        """
    )
    op.execute("CREATE INDEX api_key_by_user ON api_keys.api_key (user_id, created_at, id)")
    allow(op, "api_keys", "api_key")
