"""The tables of emails."""

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from server.kernel.database.types import Id, Instant, Word
from server.subdomains.ancillary.dispatch import DispatchStatus
from server.subdomains.ancillary.emails.domain import EmailContentType

metadata = MetaData(schema="emails")

# The id shares its suffix with the message id, so the primary key lets a message have one row only.
email_delivery = Table(
    "email_delivery",
    metadata,
    Column("id", Id("emaildelivery"), primary_key=True),
    Column("organization_id", Id("org")),
    Column("created_at", Instant, nullable=False),
    Column("host_region", Text, nullable=False),
    Column("is_sensitive", Boolean, nullable=False),
    Column("content_type", Word(EmailContentType), nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("template_id", Text),
    Column("substitutions", JSONB, nullable=False),
    Column("to_email_address", Text, nullable=False),
    Column("to_display_name", Text, nullable=False),
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
    Index("email_delivery_by_creation", "created_at", "id"),
    Index("email_delivery_by_recipient", "to_email_address", "created_at"),
    Index("email_delivery_by_receipt", "receipt_id"),
)

# The capture store: it stands for the outside world, and keeps what it is given.
captured_mail = Table(
    "captured_mail",
    metadata,
    Column("id", Id("receipt"), primary_key=True),
    Column("captured_at", Instant, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("template_id", Text),
    Column("substitutions", JSONB, nullable=False),
    Column("from_email_address", Text, nullable=False),
    Column("from_display_name", Text, nullable=False),
    Column("to_email_address", Text, nullable=False),
    Column("to_display_name", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
)
