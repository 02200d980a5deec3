"""The column types of tables: ids, instants, enums, and tables of one organization's rows."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Column, DateTime, MetaData, Table, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

from server.kernel import ids

E = TypeVar("E", bound=StrEnum)
TENANT = "organization_id"


class Direct:
    """A type that says itself how values go in and come out, which spares each of them two calls of SQLAlchemy's."""

    process_bind: Callable[[Any], Any]
    process_result: Callable[[Any], Any]


class Id(Direct, TypeDecorator[str]):
    """An id of one kind: a ``uuid`` in the database, a prefixed text everywhere else."""

    impl = postgresql.UUID
    cache_ok = True

    def __init__(self, prefix: str) -> None:
        super().__init__(as_uuid=True)
        self.prefix = prefix

    def process_bind(self, value: str | None) -> UUID | None:
        return None if value is None else ids.decode(self.prefix, value)

    def process_result(self, value: UUID | None) -> str | None:
        return None if value is None else ids.encode(self.prefix, value)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> UUID | None:
        return self.process_bind(value)

    def process_result_value(self, value: UUID | None, dialect: Dialect) -> str | None:
        return self.process_result(value)


class Word(TypeDecorator[StrEnum]):
    """A member of a closed set, stored as its value."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.kind(value)


class Words(TypeDecorator[list[StrEnum]]):
    """Members of a closed set, in order."""

    impl = postgresql.ARRAY(Text)
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: list[StrEnum] | None, dialect: Dialect) -> list[str] | None:
        return None if value is None else [member.value for member in value]

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> list[StrEnum] | None:
        return None if value is None else [self.kind(member) for member in value]


Instant = DateTime(timezone=True)


def tenant_table(name: str, metadata: MetaData, *items: SchemaItem) -> Table:
    """A table whose rows belong to one organization each. Its migration puts it under row-level security."""
    return Table(name, metadata, Column(TENANT, Id("org"), nullable=False), *items, info={"tenant": True})


def is_tenant_table(table: Any) -> bool:
    """Whether a table was made by :func:`tenant_table`."""
    return isinstance(table, Table) and bool(table.info.get("tenant"))
