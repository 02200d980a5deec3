"""The tables of SMS."""

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from server.kernel.database.types import Id, Instant, Word
from server.subdomains.ancillary.dispatch import DispatchStatus

metadata = MetaData(schema="sms")

# The id shares its suffix with the message id, so the primary key lets a message have one row only.
sms_delivery = Table(
    "sms_delivery",
    metadata,
    Column("id", Id("smsdelivery"), primary_key=True),
    Column("organization_id", Id("org")),
    Column("created_at", Instant, nullable=False),
    Column("host_region", Text, nullable=False),
    Column("is_sensitive", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Column("to_phone_number", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Column("status", Word(DispatchStatus), nullable=False),
    Column("attempted_at", ARRAY(Instant), nullable=False),
    Column("sending_until", Instant),
    Column("sent_at", Instant),
    Column("receipt_id", Text),
    Column("send_failed_at", Instant),
    Column("delivered_at", Instant),
    Column("delivery_failed_at", Instant),
    Column("delivery_failed_reason", Text),
    Column("version", Integer, nullable=False),
    Index("sms_delivery_by_creation", "created_at", "id"),
    Index("sms_delivery_by_recipient", "to_phone_number", "created_at"),
    Index("sms_delivery_by_receipt", "receipt_id"),
)

# The capture store: it stands for the outside world, and keeps what it is given.
captured_sms = Table(
    "captured_sms",
    metadata,
    Column("id", Id("receipt"), primary_key=True),
    Column("captured_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    Column("to_phone_number", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
)
