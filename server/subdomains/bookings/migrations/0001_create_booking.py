"""Bookings."""

from alembic import op

from server.kernel.migrate import allow, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE bookings.booking (
            organization_id uuid NOT NULL,
            id uuid NOT NULL,
            created_at timestamptz NOT NULL,
            car_id uuid NOT NULL,
            borrower_id uuid NOT NULL,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            version integer NOT NULL,
            CONSTRAINT booking_pkey PRIMARY KEY (organization_id, id),
            CONSTRAINT booking_ends_after_start CHECK (ends_at > starts_at)
        )
        """
    )
    op.execute("CREATE INDEX booking_by_creation ON bookings.booking (organization_id, created_at, id)")
    op.execute("CREATE INDEX booking_by_start ON bookings.booking (organization_id, starts_at, id)")
    protect(op, "bookings", "booking")
    allow(op, "bookings", "booking", "SELECT", "INSERT", "UPDATE", "DELETE")
