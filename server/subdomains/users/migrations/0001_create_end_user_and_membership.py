"""Users and their memberships."""

from alembic import op

from server.kernel.migrate import allow

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_end_user()
    _create_membership()
    _keep_shared_organizations_run()
    allow(op, "users", "end_user", "SELECT", "INSERT", "UPDATE")
    allow(op, "users", "membership")


def _create_end_user() -> None:
    op.execute(
        """
        CREATE TABLE users.end_user (
            id uuid NOT NULL,
            created_at timestamptz NOT NULL,
            classification text NOT NULL
                CONSTRAINT end_user_classification_is_known CHECK (classification IN ('person', 'machine')),
            status text NOT NULL
                CONSTRAINT end_user_status_is_known CHECK (status IN ('unregistered', 'registered')),
            access text NOT NULL CONSTRAINT end_user_access_is_known CHECK (access IN ('enabled', 'suspended')),
            is_registered_anonymously boolean NOT NULL,
            host_region text NOT NULL,
            email_address text,
            roles text[] NOT NULL,
            level text,
            invitation_token_digest bytea,
            invitee_email text,
            invited_by_id uuid,
            invited_at timestamptz,
            invitation_expires_at timestamptz,
            accepted_email text,
            accepted_at timestamptz,
            version integer NOT NULL,
            CONSTRAINT end_user_pkey PRIMARY KEY (id),
            CONSTRAINT end_user_is_registered_whole
                CHECK (status = 'unregistered' OR (cardinality(roles) > 0 AND level IS NOT NULL)),
            CONSTRAINT end_user_has_email_when_registered_person
                CHECK ((email_address IS NOT NULL) = (classification = 'person' AND status = 'registered')),
            CONSTRAINT end_user_registered_has_no_open_invitation
                CHECK (status = 'unregistered' OR invitation_token_digest IS NULL),
            CONSTRAINT end_user_invitation_is_whole
                CHECK (num_nonnulls(invitee_email, invited_by_id, invited_at, invitation_expires_at) IN (0, 4))
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX end_user_email_is_unique ON users.end_user (email_address)")
    op.execute("CREATE UNIQUE INDEX end_user_invitation_token_is_unique ON users.end_user (invitation_token_digest)")
    op.execute(
        "CREATE UNIQUE INDEX end_user_pending_invitee_is_unique ON users.end_user (invitee_email) "
        "WHERE status = 'unregistered'"
    )


def _create_membership() -> None:
    op.execute(
        """
        CREATE TABLE users.membership (
            id uuid NOT NULL,
            user_id uuid NOT NULL,
            organization_id uuid NOT NULL,
            ownership text NOT NULL
                CONSTRAINT membership_ownership_is_known CHECK (ownership IN ('shared', 'personal')),
            is_default boolean NOT NULL,
            roles text[] NOT NULL CONSTRAINT membership_has_a_role CHECK (cardinality(roles) > 0),
            level text NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT membership_pkey PRIMARY KEY (id),
            CONSTRAINT membership_is_of_a_user FOREIGN KEY (user_id) REFERENCES users.end_user (id)
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX membership_is_one_per_organization ON users.membership (user_id, organization_id)")
    op.execute("CREATE UNIQUE INDEX membership_default_is_one ON users.membership (user_id) WHERE is_default")
    op.execute(
        "CREATE UNIQUE INDEX membership_personal_is_one ON users.membership (user_id) WHERE ownership = 'personal'"
    )
    op.execute("CREATE INDEX membership_by_organization ON users.membership (organization_id, created_at, id)")
    op.execute(
        "CREATE INDEX membership_of_owners ON users.membership (organization_id) "
        "WHERE roles && ARRAY['tenant_owner', 'tenant_billing_admin']"
    )


def _keep_shared_organizations_run() -> None:
    """
    A shared organization with members has a registered person who owns it and one who pays for it, after every commit.

    The lock makes the checks of two transactions come one after the other, so that the second sees what the first did.
    """
    op.execute(
        """
        CREATE FUNCTION users.check_shared_organization() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            changed uuid := COALESCE(NEW.organization_id, OLD.organization_id);
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtextextended('users.membership ' || changed, 0));
            IF NOT EXISTS (SELECT FROM users.membership WHERE organization_id = changed) THEN
                RETURN NULL;  -- it was deleted
            END IF;
            IF NOT EXISTS (
                SELECT FROM users.membership m JOIN users.end_user u ON u.id = m.user_id
                WHERE m.organization_id = changed AND m.roles && ARRAY['tenant_owner', 'tenant_billing_admin']
                    AND u.classification = 'person' AND u.status = 'registered'
            ) THEN
                RAISE EXCEPTION 'organization % would have no owner', changed
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_last_owner_stays';
            END IF;
            IF NOT EXISTS (
                SELECT FROM users.membership m JOIN users.end_user u ON u.id = m.user_id
                WHERE m.organization_id = changed AND m.roles && ARRAY['tenant_owner', 'tenant_billing_admin']
                    AND 'tenant_billing_admin' = ANY (m.roles)
                    AND u.classification = 'person' AND u.status = 'registered'
            ) THEN
                RAISE EXCEPTION 'organization % would have no billing admin', changed
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_last_billing_admin_stays';
            END IF;
            RETURN NULL;
        END
        $$
        """
    )
    # Nobody takes a role away by joining, but the first to join must be able to run the organization.
    for act, row in (("INSERT", "NEW"), ("UPDATE OF roles", "OLD"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER membership_keeps_shared_organizations_run_on_{act.split()[0].lower()} "
            f"AFTER {act} ON users.membership DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW WHEN ({row}.ownership = 'shared') EXECUTE FUNCTION users.check_shared_organization()"
        )
