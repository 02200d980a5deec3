"""Organizations, who belongs to them, and their settings."""

from alembic import op

from server.kernel.migrate import allow, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE organizations.organization (
            organization_id uuid NOT NULL,
            created_at timestamptz NOT NULL,
            name text NOT NULL CONSTRAINT organization_name_is_short CHECK (char_length(name) BETWEEN 1 AND 100),
            ownership text NOT NULL
                CONSTRAINT organization_ownership_is_known CHECK (ownership IN ('shared', 'personal')),
            created_by_id uuid NOT NULL,
            host_region text NOT NULL,
            subscription_id uuid,
            subscriber_id uuid,
            version integer NOT NULL,
            CONSTRAINT organization_pkey PRIMARY KEY (organization_id),
            CONSTRAINT organization_billing_subscriber_is_whole
                CHECK ((subscription_id IS NULL) = (subscriber_id IS NULL))
        )
        """
    )
    op.execute(
        """
        CREATE TABLE organizations.member (
            organization_id uuid NOT NULL,
            user_id uuid NOT NULL,
            CONSTRAINT member_pkey PRIMARY KEY (organization_id, user_id),
            CONSTRAINT member_is_of_an_organization FOREIGN KEY (organization_id)
                REFERENCES organizations.organization (organization_id) ON DELETE CASCADE
        )
        """
    )
    op.execute(
        """
        CREATE TABLE organizations.setting (
            organization_id uuid NOT NULL,
            name text NOT NULL,
            type text NOT NULL CONSTRAINT setting_type_is_known CHECK (type IN ('string', 'number', 'boolean')),
            is_encrypted boolean NOT NULL,
            value text,
            sealed_value bytea,
            CONSTRAINT setting_pkey PRIMARY KEY (organization_id, name),
            CONSTRAINT setting_is_of_an_organization FOREIGN KEY (organization_id)
                REFERENCES organizations.organization (organization_id) ON DELETE CASCADE,
            CONSTRAINT setting_is_sealed_when_encrypted
                CHECK (is_encrypted = (sealed_value IS NOT NULL) AND is_encrypted = (value IS NULL)),
            CONSTRAINT setting_encrypted_is_text CHECK (NOT is_encrypted OR type = 'string')
        )
        """
    )
    for table in ("organization", "member", "setting"):
        protect(op, "organizations", table)
        allow(op, "organizations", table)
