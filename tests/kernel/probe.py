"""A tiny subdomain for tests of the kernel: notes of organizations, and a sample of every column type."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from server.kernel.database.types import Id, Instant, Word, Words, tenant_table
from server.kernel.errors import AlreadyExists
from server.kernel.events import DomainEvent
from server.kernel.ids import new_id
from server.kernel.migrate import KERNEL, History

HISTORIES = [KERNEL, History("probe", Path(__file__).parent / "probe_migrations")]

metadata = MetaData(schema="probe")


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


note = tenant_table(
    "note",
    metadata,
    Column("id", Id("note"), nullable=False),
    Column("text", Text, nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("organization_id", "id", name="note_pkey"),
    UniqueConstraint("organization_id", "text", name="note_text_is_unique"),
)

sample = Table(
    "sample",
    metadata,
    Column("id", Id("sample"), primary_key=True),
    Column("raw", UUID(as_uuid=True)),
    Column("colour", Word(Colour)),
    Column("colours", Words(Colour)),
    Column("friends", ARRAY(Id("user"))),
    Column("instants", ARRAY(Instant)),
    Column("at", Instant),
    Column("number", Integer),
    Column("large", BigInteger),
    Column("amount", Numeric),
    Column("is_on", Boolean),
    Column("body", LargeBinary),
    Column("data", JSONB),
    Column("texts", ARRAY(Text)),
)

_ORGANIZATION = bindparam("organization_id", type_=Id("org"))
ADD_NOTE = insert(note)
FIND_NOTES = select(note).where(note.c.organization_id == _ORGANIZATION).order_by(note.c.id)
LOCK_NOTE = select(note).where(note.c.organization_id == _ORGANIZATION, note.c.id == bindparam("id")).with_for_update()
CHANGE_NOTE = (
    update(note)
    .where(note.c.organization_id == _ORGANIZATION, note.c.id == bindparam("note_id"))
    .values(text=bindparam("text"))
)
ADD_SAMPLE = insert(sample)
FIND_SAMPLE = select(sample).where(sample.c.id == bindparam("id"))


class TextTaken(AlreadyExists):
    reason = "TEXT_TAKEN"


TAKEN = {"note_text_is_unique": TextTaken()}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWritten(DomainEvent):
    name: ClassVar[str] = "probe.note_written.v1"

    note_id: str
    organization_id: str
    text: str


@dataclass(slots=True, kw_only=True)
class Note:
    """An aggregate as plain as can be."""

    aggregate_type: ClassVar[str] = "Note"

    id: str
    organization_id: str
    text: str
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def write(cls, organization_id: str, text: str) -> "Note":
        note = cls(id=new_id("note"), organization_id=organization_id, text=text)
        note.events.append(NoteWritten(note_id=note.id, organization_id=organization_id, text=text))
        return note

    def row(self) -> dict[str, Any]:
        return {"organization_id": self.organization_id, "id": self.id, "text": self.text, "version": 1}
