"""The tables of organizations. The id of an organization is the ``organization_id`` of its own row."""

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Integer, LargeBinary, MetaData, PrimaryKeyConstraint, Text

from server.kernel.access.roles import Ownership
from server.kernel.database.types import Id, Instant, Word, tenant_table
from server.subdomains.organizations.domain.setting import SettingType

metadata = MetaData(schema="organizations")

organization = tenant_table(
    "organization",
    metadata,
    Column("created_at", Instant, nullable=False),
    Column("name", Text, nullable=False),
    Column("ownership", Word(Ownership), nullable=False),
    Column("created_by_id", Id("user"), nullable=False),
    Column("host_region", Text, nullable=False),
    Column("subscription_id", Id("billsub")),
    Column("subscriber_id", Id("user")),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("organization_id", name="organization_pkey"),
)

member = tenant_table(
    "member",
    metadata,
    Column("user_id", Id("user"), nullable=False),
    PrimaryKeyConstraint("organization_id", "user_id", name="member_pkey"),
    ForeignKeyConstraint(
        ["organization_id"],
        ["organizations.organization.organization_id"],
        name="member_is_of_an_organization",
        ondelete="CASCADE",
    ),
)

setting = tenant_table(
    "setting",
    metadata,
    Column("name", Text, nullable=False),
    Column("type", Word(SettingType), nullable=False),
    Column("is_encrypted", Boolean, nullable=False),
    Column("value", Text),
    Column("sealed_value", LargeBinary),
    PrimaryKeyConstraint("organization_id", "name", name="setting_pkey"),
    ForeignKeyConstraint(
        ["organization_id"],
        ["organizations.organization.organization_id"],
        name="setting_is_of_an_organization",
        ondelete="CASCADE",
    ),
)
