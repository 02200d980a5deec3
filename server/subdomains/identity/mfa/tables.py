"""The tables of second factors."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY

from server.kernel.database.types import Id, Instant, Word
from server.subdomains.identity.mfa.domain.authenticator import AuthenticatorState, AuthenticatorType

metadata = MetaData(schema="mfa")

person_mfa = Table(
    "person_mfa",
    metadata,
    Column("credential_id", Id("cred"), nullable=False),
    Column("user_id", Id("user"), nullable=False),
    Column("token_digest", LargeBinary),
    Column("token_expires_at", Instant),
    Column("wrong_answers", Integer, nullable=False),
    Column("sends", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("credential_id", name="person_mfa_pkey"),
    UniqueConstraint("user_id", name="person_mfa_user_is_unique"),
    UniqueConstraint("token_digest", name="person_mfa_token_is_unique"),
)

authenticator = Table(
    "authenticator",
    metadata,
    Column("id", Id("mfaauth"), nullable=False),
    Column("credential_id", Id("cred"), nullable=False),
    Column("type", Word(AuthenticatorType), nullable=False),
    Column("state", Word(AuthenticatorState), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("sealed_channel", LargeBinary),
    Column("code_digest", LargeBinary),
    Column("handle_digest", LargeBinary),
    Column("code_expires_at", Instant),
    Column("sealed_totp_secret", LargeBinary),
    Column("last_step", BigInteger),
    Column("recovery_digests", ARRAY(LargeBinary), nullable=False),
    Column("wrong_codes", Integer, nullable=False),
    PrimaryKeyConstraint("id", name="authenticator_pkey"),
    UniqueConstraint("credential_id", "type", name="authenticator_type_is_unique"),
    ForeignKeyConstraint(["credential_id"], ["mfa.person_mfa.credential_id"], name="authenticator_is_of_a_person"),
)
