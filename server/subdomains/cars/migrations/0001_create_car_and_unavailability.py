"""Cars and their unavailabilities."""

from alembic import op

from server.kernel.migrate import allow, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public")
    op.execute(
        """
        CREATE TABLE cars.car (
            organization_id uuid NOT NULL,
            id uuid NOT NULL,
            created_at timestamptz NOT NULL,
            status text NOT NULL CONSTRAINT car_status_is_known CHECK (status IN ('unregistered', 'registered')),
            year integer,
            make text,
            model text,
            owner_id uuid,
            manager_ids uuid[] NOT NULL,
            jurisdiction text,
            number_plate text,
            version integer NOT NULL,
            CONSTRAINT car_pkey PRIMARY KEY (organization_id, id)
        )
        """
    )
    op.execute("CREATE INDEX car_by_creation ON cars.car (organization_id, created_at, id)")
    op.execute(
        """
        CREATE TABLE cars.unavailability (
            organization_id uuid NOT NULL,
            id uuid NOT NULL,
            car_id uuid NOT NULL,
            created_at timestamptz NOT NULL,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            caused_by_reason text NOT NULL
                CONSTRAINT unavailability_cause_is_known
                CHECK (caused_by_reason IN ('other', 'reservation', 'maintenance', 'offline')),
            caused_by_reference text
                CONSTRAINT unavailability_reservation_has_reference
                CHECK (caused_by_reason <> 'reservation' OR caused_by_reference IS NOT NULL),
            CONSTRAINT unavailability_pkey PRIMARY KEY (organization_id, id),
            CONSTRAINT unavailability_is_of_a_car FOREIGN KEY (organization_id, car_id)
                REFERENCES cars.car (organization_id, id) ON DELETE CASCADE,
            CONSTRAINT unavailability_ends_after_start CHECK (ends_at > starts_at),
            CONSTRAINT unavailability_slots_do_not_overlap EXCLUDE USING gist
                (organization_id WITH =, car_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
        )
        """
    )
    for table in ("car", "unavailability"):
        protect(op, "cars", table)
        allow(op, "cars", table)
