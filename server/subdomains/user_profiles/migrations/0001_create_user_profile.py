"""User profiles."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE user_profiles.user_profile (
            id uuid NOT NULL,
            user_id uuid NOT NULL,
            created_at timestamptz NOT NULL,
            classification text NOT NULL
                CONSTRAINT user_profile_classification_is_known CHECK (classification IN ('person', 'machine')),
            first_name text NOT NULL,
            last_name text,
            display_name text NOT NULL,
            email_address text,
            phone_number text,
            line1 text NOT NULL,
            line2 text NOT NULL,
            line3 text NOT NULL,
            city text NOT NULL,
            state text NOT NULL,
            zip text NOT NULL,
            country_code text NOT NULL,
            timezone text NOT NULL,
            locale text NOT NULL,
            default_organization_id uuid,
            version integer NOT NULL,
            CONSTRAINT user_profile_pkey PRIMARY KEY (id),
            CONSTRAINT user_profile_of_persons_has_email
                CHECK ((classification = 'person') = (email_address IS NOT NULL)),
            CONSTRAINT user_profile_of_machines_is_bare
                CHECK (classification = 'person' OR (last_name IS NULL AND phone_number IS NULL))
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX user_profile_user_is_unique ON user_profiles.user_profile (user_id)")
    op.execute("CREATE UNIQUE INDEX user_profile_email_is_unique ON user_profiles.user_profile (email_address)")
    allow(op, "user_profiles", "user_profile", "SELECT", "INSERT", "UPDATE")
