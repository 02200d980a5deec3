"""The tables of cars."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, MetaData, PrimaryKeyConstraint, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint

from server.kernel.database.types import Id, Instant, Word, tenant_table
from server.subdomains.cars.domain import CarStatus, Cause

metadata = MetaData(schema="cars")

car = tenant_table(
    "car",
    metadata,
    Column("id", Id("car"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("status", Word(CarStatus), nullable=False),
    Column("year", Integer),
    Column("make", Text),
    Column("model", Text),
    Column("owner_id", Id("user")),
    Column("manager_ids", ARRAY(Id("user")), nullable=False),
    Column("jurisdiction", Text),
    Column("number_plate", Text),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("organization_id", "id", name="car_pkey"),
    Index("car_by_creation", "organization_id", "created_at", "id"),
)

unavailability = tenant_table(
    "unavailability",
    metadata,
    Column("id", Id("unavail"), nullable=False),
    Column("car_id", Id("car"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("caused_by_reason", Word(Cause), nullable=False),
    Column("caused_by_reference", Text),
    PrimaryKeyConstraint("organization_id", "id", name="unavailability_pkey"),
    ForeignKeyConstraint(
        ["organization_id", "car_id"],
        ["cars.car.organization_id", "cars.car.id"],
        name="unavailability_is_of_a_car",
        ondelete="CASCADE",
    ),
    ExcludeConstraint(
        ("organization_id", "="),
        ("car_id", "="),
        (text("tstzrange(starts_at, ends_at)"), "&&"),
        name="unavailability_slots_do_not_overlap",
        using="gist",
    ),
)
