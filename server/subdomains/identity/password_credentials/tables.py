"""The tables of password credentials."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
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
from sqlalchemy.dialects.postgresql import JSONB

from server.kernel.database.types import Id, Instant

metadata = MetaData(schema="password_credentials")

person_credential = Table(
    "person_credential",
    metadata,
    Column("id", Id("cred"), nullable=False),
    Column("user_id", Id("user"), nullable=False),
    Column("email_address", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("password_hash", Text),
    Column("created_at", Instant, nullable=False),
    Column("verification_token_digest", LargeBinary),
    Column("verification_expires_at", Instant),
    Column("verified_at", Instant),
    Column("reset_token_digest", LargeBinary),
    Column("reset_expires_at", Instant),
    Column("is_locked", Boolean, nullable=False),
    Column("is_mfa_enabled", Boolean, nullable=False, server_default=text("false")),
    Column("mfa_can_be_disabled", Boolean, nullable=False, server_default=text("true")),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("id", name="person_credential_pkey"),
    UniqueConstraint("user_id", name="person_credential_user_is_unique"),
    UniqueConstraint("email_address", name="person_credential_email_is_unique"),
    UniqueConstraint("verification_token_digest", name="person_credential_verification_is_unique"),
    UniqueConstraint("reset_token_digest", name="person_credential_reset_is_unique"),
    CheckConstraint(
        "verified_at IS NULL OR (verification_token_digest IS NULL AND verification_expires_at IS NULL)",
        name="person_credential_verified_has_no_token",
    ),
)

login_monitor = Table(
    "login_monitor",
    metadata,
    Column("name_digest", LargeBinary, nullable=False),
    Column("failed_attempts", Integer, nullable=False),
    Column("last_failed_at", Instant),
    Column("underway", JSONB, nullable=False),
    Column("expires_at", Instant, nullable=False),
    PrimaryKeyConstraint("name_digest", name="login_monitor_pkey"),
    Index("login_monitor_by_expiry", "expires_at"),
)

# Only testing builds have these.
testing_metadata = MetaData(schema="password_credentials_testing")

confirmation_token = Table(
    "confirmation_token",
    testing_metadata,
    Column("credential_id", Id("cred"), nullable=False),
    Column("sealed_token", LargeBinary, nullable=False),
    PrimaryKeyConstraint("credential_id", name="confirmation_token_pkey"),
)
