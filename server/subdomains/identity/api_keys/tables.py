"""The table of API keys."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, MetaData, PrimaryKeyConstraint, Table, Text

from server.kernel.database.types import Id, Instant

metadata = MetaData(schema="api_keys")

api_key = Table(
    "api_key",
    metadata,
    Column("id", Id("apikey"), nullable=False),
    Column("user_id", Id("user"), nullable=False),
    Column("key_hash", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
    Column("told_at", Instant),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("id", name="api_key_pkey"),
    CheckConstraint("length(key_hash) = 32", name="api_key_hash_is_a_digest"),
    Index("api_key_by_user", "user_id", "created_at", "id"),
)
