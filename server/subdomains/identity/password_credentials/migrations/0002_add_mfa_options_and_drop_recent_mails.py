"""Whether signing in asks for a second factor. Mails are counted by the kernel's quotas."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE password_credentials.person_credential
            ADD COLUMN is_mfa_enabled boolean NOT NULL DEFAULT false,
            ADD COLUMN mfa_can_be_disabled boolean NOT NULL DEFAULT true
        """
    )
    op.execute("DROP TABLE password_credentials.recent_mails")
