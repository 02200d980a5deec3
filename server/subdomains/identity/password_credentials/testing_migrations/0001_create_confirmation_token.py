"""The plain tokens of pending registrations, sealed: for the tests of testing builds, and in no other."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE password_credentials_testing.confirmation_token (
            credential_id uuid NOT NULL,
            sealed_token bytea NOT NULL,
            CONSTRAINT confirmation_token_pkey PRIMARY KEY (credential_id)
        )
        """
    )
    allow(op, "password_credentials_testing", "confirmation_token")
