"""The tables of webhooks."""

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
)
from sqlalchemy.dialects.postgresql import ARRAY

from server.kernel.database.types import Id, Instant, Word, tenant_table
from server.subdomains.webhooks.domain import DisabledReason, Failure

metadata = MetaData(schema="webhooks")

endpoint = tenant_table(
    "endpoint",
    metadata,
    Column("id", Id("endpoint"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("event_types", ARRAY(Text), nullable=False),
    Column("disabled_at", Instant),
    Column("disabled_reason", Word(DisabledReason)),
    # Sealed: signing needs them, a stolen database must not have them.
    Column("secret", LargeBinary, nullable=False),
    Column("old_secret", LargeBinary),
    Column("old_secret_until", Instant),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("organization_id", "id", name="endpoint_pkey"),
    Index("endpoint_by_creation", "organization_id", "created_at", "id"),
)

# How each endpoint does. Operators look across organizations, so it is not under row-level security, and holds nothing
# that an organization has said.
health = Table(
    "health",
    metadata,
    Column("endpoint_id", Id("endpoint"), nullable=False),
    Column("organization_id", Id("org"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    Column("failing_since_at", Instant),
    Column("last_delivered_at", Instant),
    Column("last_failed_at", Instant),
    Column("last_failure", Word(Failure)),
    Column("rests_until", Instant),
    Column("swept_at", Instant, nullable=False),
    PrimaryKeyConstraint("endpoint_id", name="health_pkey"),
    ForeignKeyConstraint(
        ["organization_id", "endpoint_id"],
        ["webhooks.endpoint.organization_id", "webhooks.endpoint.id"],
        name="health_is_of_an_endpoint",
        ondelete="CASCADE",
    ),
    Index("health_by_creation", "created_at", "endpoint_id"),
    Index("health_by_sweep", "swept_at"),
)

attempt = tenant_table(
    "attempt",
    metadata,
    Column("id", Id("attempt"), nullable=False),
    Column("endpoint_id", Id("endpoint"), nullable=False),
    Column("event_id", Id("event"), nullable=False),
    Column("event_type", Text, nullable=False),
    Column("attempted_at", Instant, nullable=False),
    Column("duration_milliseconds", Integer, nullable=False),
    Column("http_status", Integer),
    Column("failure", Word(Failure)),
    PrimaryKeyConstraint("organization_id", "id", name="attempt_pkey"),
    ForeignKeyConstraint(
        ["organization_id", "endpoint_id"],
        ["webhooks.endpoint.organization_id", "webhooks.endpoint.id"],
        name="attempt_is_at_an_endpoint",
        ondelete="CASCADE",
    ),
    Index("attempt_by_time", "organization_id", "endpoint_id", "attempted_at", "id"),
)
