"""The tables of bookings."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, PrimaryKeyConstraint

from server.kernel.database.types import Id, Instant, tenant_table

metadata = MetaData(schema="bookings")

booking = tenant_table(
    "booking",
    metadata,
    Column("id", Id("booking"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("car_id", Id("car"), nullable=False),
    Column("borrower_id", Id("user"), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("organization_id", "id", name="booking_pkey"),
    CheckConstraint("ends_at > starts_at", name="booking_ends_after_start"),
    Index("booking_by_creation", "organization_id", "created_at", "id"),
    Index("booking_by_start", "organization_id", "starts_at", "id"),
)
