"""The tables of sessions."""

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from server.kernel.database.types import Id, Instant

metadata = MetaData(schema="auth_tokens")

session = Table(
    "session",
    metadata,
    Column("id", Id("session"), nullable=False),
    Column("user_id", Id("user"), nullable=False),
    Column("refresh_token_digest", LargeBinary, nullable=False),
    Column("access_token_expires_at", Instant, nullable=False),
    Column("refresh_token_expires_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("auth_time", Instant, nullable=False),
    Column("amr", ARRAY(Text), nullable=False),
    Column("provider", Text, nullable=False),
    Column("last_used_at", Instant, nullable=False),
    Column("ip_address", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("revoked_at", Instant),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("id", name="session_pkey"),
    UniqueConstraint("refresh_token_digest", name="session_refresh_token_is_unique"),
    Index("session_by_expiry", "refresh_token_expires_at"),
    Index("session_live_by_user", "user_id", "last_used_at", "id", postgresql_where=text("revoked_at IS NULL")),
)

spent_refresh_token = Table(
    "spent_refresh_token",
    metadata,
    Column("digest", LargeBinary, nullable=False),
    Column("session_id", Id("session"), nullable=False),
    Column("spent_at", Instant, nullable=False),
    Column("request_id", UUID(as_uuid=True)),
    Column("sealed_answer", LargeBinary),
    PrimaryKeyConstraint("digest", name="spent_refresh_token_pkey"),
    ForeignKeyConstraint(
        ["session_id"], ["auth_tokens.session.id"], name="spent_refresh_token_is_of_a_session", ondelete="CASCADE"
    ),
    Index("spent_refresh_token_by_session", "session_id", "spent_at"),
    Index("spent_refresh_token_with_answer", "spent_at", postgresql_where=text("sealed_answer IS NOT NULL")),
)
