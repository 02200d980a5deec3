"""The table of audits."""

from sqlalchemy import Column, Index, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from server.kernel.database.types import Id, Instant

metadata = MetaData(schema="audits")

audit = Table(
    "audit",
    metadata,
    Column("id", Id("audit"), primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("organization_id", Id("org")),
    Column("against_id", Text),
    Column("audit_code", Text, nullable=False),
    Column("message_template", Text, nullable=False),
    Column("template_arguments", JSONB, nullable=False),
    Column("host_region", Text, nullable=False),
    Index("audit_by_creation", "created_at", "id"),
    Index("audit_by_organization", "organization_id", "created_at", "id"),
    Index("audit_by_against", "against_id", "created_at", "id"),
)
