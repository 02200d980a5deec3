"""Operators ask what was done in an organization, and by or to somebody."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX audit_by_organization ON audits.audit (organization_id, created_at, id)")
    op.execute("CREATE INDEX audit_by_against ON audits.audit (against_id, created_at, id)")
