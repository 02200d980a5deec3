"""Started sign-ins, accounts at providers, and the tokens kept of them."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE single_sign_on.sso_flow (
            id uuid NOT NULL,
            state_digest bytea NOT NULL,
            provider_name text NOT NULL,
            nonce_digest bytea NOT NULL,
            code_challenge text NOT NULL,
            prompt_login boolean NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            used_at timestamptz,
            CONSTRAINT sso_flow_pkey PRIMARY KEY (id),
            CONSTRAINT sso_flow_state_is_unique UNIQUE (state_digest)
        )
        """
    )
    op.execute("CREATE INDEX sso_flow_by_expiry ON single_sign_on.sso_flow (expires_at)")
    op.execute(
        """
        CREATE TABLE single_sign_on.sso_user (
            id uuid NOT NULL,
            provider_name text NOT NULL,
            user_id uuid NOT NULL,
            issuer text NOT NULL,
            subject text NOT NULL,
            email_address text NOT NULL,
            email_verified boolean NOT NULL,
            first_name text NOT NULL,
            last_name text,
            timezone text NOT NULL,
            locale text NOT NULL,
            country_code text NOT NULL,
            version integer NOT NULL,
            CONSTRAINT sso_user_pkey PRIMARY KEY (id),
            CONSTRAINT sso_user_account_is_unique UNIQUE (issuer, subject),
            CONSTRAINT sso_user_has_one_account_at_a_provider UNIQUE (user_id, provider_name)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE single_sign_on.provider_auth_tokens (
            id uuid NOT NULL,
            provider_name text NOT NULL,
            user_id uuid NOT NULL,
            tokens jsonb NOT NULL,
            version integer NOT NULL,
            CONSTRAINT provider_auth_tokens_pkey PRIMARY KEY (id),
            CONSTRAINT provider_auth_tokens_are_one_set_at_a_provider UNIQUE (user_id, provider_name)
        )
        """
    )
    allow(op, "single_sign_on", "sso_flow", "SELECT", "INSERT", "UPDATE", "DELETE")
    for table in ("sso_user", "provider_auth_tokens"):
        allow(op, "single_sign_on", table, "SELECT", "INSERT", "UPDATE")
