"""The second factors of persons, and sign-ins that wait for one."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE mfa.person_mfa (
            credential_id uuid NOT NULL,
            user_id uuid NOT NULL,
            token_digest bytea,
            token_expires_at timestamptz,
            wrong_answers integer NOT NULL,
            sends integer NOT NULL,
            version integer NOT NULL,
            CONSTRAINT person_mfa_pkey PRIMARY KEY (credential_id),
            CONSTRAINT person_mfa_user_is_unique UNIQUE (user_id),
            CONSTRAINT person_mfa_token_is_unique UNIQUE (token_digest)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE mfa.authenticator (
            id uuid NOT NULL,
            credential_id uuid NOT NULL,
            type text NOT NULL,
            state text NOT NULL,
            created_at timestamptz NOT NULL,
            sealed_channel bytea,
            code_digest bytea,
            handle_digest bytea,
            code_expires_at timestamptz,
            sealed_totp_secret bytea,
            last_step bigint,
            recovery_digests bytea[] NOT NULL,
            wrong_codes integer NOT NULL,
            CONSTRAINT authenticator_pkey PRIMARY KEY (id),
            CONSTRAINT authenticator_type_is_unique UNIQUE (credential_id, type),
            CONSTRAINT authenticator_is_of_a_person FOREIGN KEY (credential_id)
                REFERENCES mfa.person_mfa (credential_id)
        )
        """
    )
    allow(op, "mfa", "person_mfa", "SELECT", "INSERT", "UPDATE")
    allow(op, "mfa", "authenticator")
