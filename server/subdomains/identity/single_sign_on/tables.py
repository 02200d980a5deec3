"""The tables of single sign-on."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from server.kernel.database.types import Id, Instant

metadata = MetaData(schema="single_sign_on")

sso_flow = Table(
    "sso_flow",
    metadata,
    Column("id", Id("ssoflow"), nullable=False),
    Column("state_digest", LargeBinary, nullable=False),
    Column("provider_name", Text, nullable=False),
    Column("nonce_digest", LargeBinary, nullable=False),
    Column("code_challenge", Text, nullable=False),
    Column("prompt_login", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    PrimaryKeyConstraint("id", name="sso_flow_pkey"),
    UniqueConstraint("state_digest", name="sso_flow_state_is_unique"),
    Index("sso_flow_by_expiry", "expires_at"),
)

sso_user = Table(
    "sso_user",
    metadata,
    Column("id", Id("ssouser"), nullable=False),
    Column("provider_name", Text, nullable=False),
    Column("user_id", Id("user"), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("email_address", Text, nullable=False),
    Column("email_verified", Boolean, nullable=False),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text),
    Column("timezone", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("country_code", Text, nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("id", name="sso_user_pkey"),
    UniqueConstraint("issuer", "subject", name="sso_user_account_is_unique"),
    UniqueConstraint("user_id", "provider_name", name="sso_user_has_one_account_at_a_provider"),
)

provider_auth_tokens = Table(
    "provider_auth_tokens",
    metadata,
    Column("id", Id("pvdrauthtok"), nullable=False),
    Column("provider_name", Text, nullable=False),
    Column("user_id", Id("user"), nullable=False),
    Column("tokens", JSONB, nullable=False),  # a list of {type, value (sealed, in base64), expires_at}
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("id", name="provider_auth_tokens_pkey"),
    UniqueConstraint("user_id", "provider_name", name="provider_auth_tokens_are_one_set_at_a_provider"),
)
