"""Operators ask what was done in an organization, and by somebody."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX usage_record_by_tenant ON usages.usage_record (tenant, created_at, id)")
    op.execute("CREATE INDEX usage_record_by_user ON usages.usage_record (user_id, created_at, id)")
