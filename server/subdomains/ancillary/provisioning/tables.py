"""The tables of provisioning: the messages that were carried out."""

from sqlalchemy import Column, Index, MetaData, PrimaryKeyConstraint, Table

from server.kernel.database.types import Id, Instant

metadata = MetaData(schema="provisioning")

inbox = Table(
    "inbox",
    metadata,
    Column("message_id", Id("msg"), nullable=False),
    Column("received_at", Instant, nullable=False),
    PrimaryKeyConstraint("message_id", name="inbox_pkey"),
    Index("inbox_by_age", "received_at"),
)
