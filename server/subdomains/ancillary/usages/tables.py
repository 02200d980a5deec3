"""The table of usages: what an analytics service would be told, kept here."""

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from server.kernel.database.types import Id, Instant, Word
from server.subdomains.ancillary.usages.domain import RecordKind

metadata = MetaData(schema="usages")

usage_record = Table(
    "usage_record",
    metadata,
    Column("id", Id("usage"), primary_key=True),
    Column("message_id", Id("msg"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("kind", Word(RecordKind), nullable=False),
    Column("event_name", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("properties", JSONB, nullable=False),
    UniqueConstraint("message_id", "position", name="usage_record_is_of_one_message"),
    Index("usage_record_by_creation", "created_at", "id"),
    Index("usage_record_by_tenant", "tenant", "created_at", "id"),
    Index("usage_record_by_user", "user_id", "created_at", "id"),
)
