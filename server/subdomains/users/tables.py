"""The tables of users. They belong to no organization."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from server.kernel.access.roles import Classification, FeatureLevel, Ownership, PlatformRole, TenantRole
from server.kernel.database.types import Id, Instant, Word, Words
from server.subdomains.users.domain.end_user import UserAccess, UserStatus

metadata = MetaData(schema="users")

end_user = Table(
    "end_user",
    metadata,
    Column("id", Id("user"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("classification", Word(Classification), nullable=False),
    Column("status", Word(UserStatus), nullable=False),
    Column("access", Word(UserAccess), nullable=False),
    Column("is_registered_anonymously", Boolean, nullable=False),
    Column("host_region", Text, nullable=False),
    Column("email_address", Text),
    Column("roles", Words(PlatformRole), nullable=False),
    Column("level", Word(FeatureLevel)),
    Column("invitation_token_digest", LargeBinary),
    Column("invitee_email", Text),
    Column("invited_by_id", Id("user")),
    Column("invited_at", Instant),
    Column("invitation_expires_at", Instant),
    Column("accepted_email", Text),
    Column("accepted_at", Instant),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("id", name="end_user_pkey"),
    Index("end_user_email_is_unique", "email_address", unique=True),
    Index("end_user_invitation_token_is_unique", "invitation_token_digest", unique=True),
    Index(
        "end_user_pending_invitee_is_unique",
        "invitee_email",
        unique=True,
        postgresql_where=text("status = 'unregistered'"),
    ),
    Index("end_user_of_operators", "id", postgresql_where=text("roles @> ARRAY['platform_operations']")),
)

membership = Table(
    "membership",
    metadata,
    Column("id", Id("mship"), nullable=False),
    Column("user_id", Id("user"), nullable=False),
    Column("organization_id", Id("org"), nullable=False),
    Column("ownership", Word(Ownership), nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("roles", Words(TenantRole), nullable=False),
    Column("level", Word(FeatureLevel), nullable=False),
    Column("created_at", Instant, nullable=False),
    PrimaryKeyConstraint("id", name="membership_pkey"),
    ForeignKeyConstraint(["user_id"], ["users.end_user.id"], name="membership_is_of_a_user"),
    Index("membership_is_one_per_organization", "user_id", "organization_id", unique=True),
    Index("membership_default_is_one", "user_id", unique=True, postgresql_where=text("is_default")),
    Index("membership_personal_is_one", "user_id", unique=True, postgresql_where=text("ownership = 'personal'")),
    Index("membership_by_organization", "organization_id", "created_at", "id"),
    Index(
        "membership_of_owners",
        "organization_id",
        postgresql_where=text("roles && ARRAY['tenant_owner', 'tenant_billing_admin']"),
    ),
)
