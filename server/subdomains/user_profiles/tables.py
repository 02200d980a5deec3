"""The table of user profiles."""

from sqlalchemy import Column, Index, Integer, MetaData, PrimaryKeyConstraint, Table, Text

from server.kernel.access.roles import Classification
from server.kernel.database.types import Id, Instant, Word

metadata = MetaData(schema="user_profiles")

user_profile = Table(
    "user_profile",
    metadata,
    Column("id", Id("profile"), nullable=False),
    Column("user_id", Id("user"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("classification", Word(Classification), nullable=False),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text),
    Column("display_name", Text, nullable=False),
    Column("email_address", Text),
    Column("phone_number", Text),
    Column("line1", Text, nullable=False),
    Column("line2", Text, nullable=False),
    Column("line3", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("zip", Text, nullable=False),
    Column("country_code", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("default_organization_id", Id("org")),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("id", name="user_profile_pkey"),
    Index("user_profile_user_is_unique", "user_id", unique=True),
    Index("user_profile_email_is_unique", "email_address", unique=True),
)
