"""
Statements of SQLAlchemy Core, compiled once for asyncpg.

The one module that knows SQLAlchemy's compiler from inside (``positiontup``, ``_bind_processors``,
``_cached_result_processor``); the minor version is pinned and ``tests/kernel/test_statements.py`` runs every type in
use.
"""

import json
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    ClauseElement,
    CompoundSelect,
    Delete,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    select,
    text,
)
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler

from server.kernel.database.types import TENANT, Direct, is_tenant_table

DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here
SETTING = "app.organization_id"

Parameters = Mapping[str, Any]
Row = Any  # a named tuple of the statement's columns


class MissingOrganization(Exception):
    """A statement reads rows of organizations and was not told of which."""


class Statement:
    """One statement as PostgreSQL takes it, and how values go in and rows come out."""

    __slots__ = (
        "_binds",
        "_convert",
        "_make",
        "_only_adds",
        "_table",
        "_tables",
        "goes_alone",
        "is_tenant",
        "part_name",
        "read_sql",
        "sql",
    )

    def __init__(self, element: ClauseElement, part_name: str = "") -> None:
        self.part_name = part_name  # by which other parts of a merged statement see its rows
        self._table = element.table if isinstance(element, Insert | Update | Delete) else None
        self._tables = _tables(element)
        self.is_tenant = any(is_tenant_table(table) for table in self._tables)
        columns = None
        has_values = isinstance(element, Insert) and bool(element._values or element._multi_values)
        is_row = isinstance(element, Insert) and not has_values and element.select is None
        if isinstance(element, Insert) and is_row:
            columns = [column.name for column in element.table.c]
            if self.is_tenant:
                element = _after_setting(element)
        # Rows may go into one table from several parts of a statement, unless one must know of the others'.
        self._only_adds = isinstance(element, Insert) and not _looks(element)
        # Without BEGIN there is only the setting that rows are selected from.
        self.goes_alone = isinstance(element, Insert) and (is_row or not self.is_tenant)
        compiled: Any = element.compile(dialect=DIALECT, column_keys=columns)
        assert isinstance(compiled, SQLCompiler)
        self.sql: str = compiled.string
        self.read_sql = self.sql
        if self.is_tenant and isinstance(element, Select | CompoundSelect):
            self.read_sql = _within_organization(self.sql, len(compiled.positiontup or ()) + 1)
        self._binds = _binds(compiled)
        self._make, self._convert = _rows(compiled)

    def conflicts_with(self, other: "Statement") -> bool:
        """Whether the two must not run as parts of one statement, where neither sees what the other does."""
        if self._table is other._table:
            return not (self._only_adds and other._only_adds)
        return self._table in other._tables or other._table in self._tables

    def arguments(self, parameters: Parameters) -> list[Any]:
        """The values of *parameters* in the order of the placeholders."""
        found = []
        for name, processor, default, required in self._binds:
            value = parameters[name] if required else parameters.get(name, default)
            found.append(value if processor is None else processor(value))
        return found

    def rows(self, records: Sequence[Any]) -> list[Row]:
        """What came back, as named tuples."""
        return [self.row(record) for record in records]

    def row(self, record: Any) -> Row:
        """One of them."""
        values = list(record)
        for position, how in self._convert:
            values[position] = how(values[position])
        return self._make(values)


def organization_of(parameters: Parameters) -> str:
    """
    The organization that a statement over tenant rows is for.

    Raises:
        MissingOrganization: The parameters name none.
    """
    organization_id = parameters.get(TENANT)
    if not organization_id:
        raise MissingOrganization("a statement over an organization's rows needs an organization_id")
    return str(organization_id)


class Statements:
    """All statements that were compiled, by the Core element they were made from."""

    def __init__(self, rewrite: Callable[[ClauseElement], ClauseElement] | None = None) -> None:
        self._compiled: dict[ClauseElement, Statement] = {}
        self._rewrite = rewrite

    def of(self, element: ClauseElement, part_name: str = "") -> Statement:
        """The compiled form of *element*, which must be made once, not per call."""
        found = self._compiled.get(element)
        if found is None:
            found = Statement(self._rewrite(element) if self._rewrite else element, part_name)
            self._compiled[element] = found
        return found


def _tables(element: ClauseElement) -> set[Table]:
    return {part for part in visitors.iterate(element) if isinstance(part, Table)}


def _looks(element: Insert) -> bool:
    return element._post_values_clause is not None or (element.select is not None and bool(_tables(element.select)))


def _after_setting(element: Insert) -> Insert:
    # Rows go in by a select from s, which sets the organization: an insert of plain values could be checked before it.
    columns = element.table.c
    values = select(*[bindparam(column.name, type_=column.type) for column in columns]).select_from(text("s"))
    return element.from_select([column.name for column in columns], values)


def _within_organization(sql: str, position: int) -> str:
    # The fences keep the setting in front of the policy: without them the planner may look at rows first.
    setting = f"SELECT set_config('{SETTING}', ${position}::text, true) OFFSET 0"
    return f"SELECT q.* FROM ({setting}) s CROSS JOIN LATERAL ({sql} OFFSET 0) q"  # noqa: S608  # our own texts


def _each(processor: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    # SQLAlchemy's own looks into every item for further dimensions, which nothing here has.
    if processor is None:
        return None
    return lambda values: None if values is None else [processor(value) for value in values]


def _from_json(value: str | None) -> Any:
    return None if value is None else json.loads(value)


def _binds(compiled: SQLCompiler) -> list[tuple[str, Callable[[Any], Any] | None, Any, bool]]:
    processors = compiled._bind_processors
    found = []
    for name in compiled.positiontup or ():
        bind = compiled.binds[name]
        processor: Any = processors.get(name)
        if isinstance(bind.type, Direct):
            processor = bind.type.process_bind
        elif isinstance(bind.type, ARRAY):
            processor = _each(bind.type.item_type._cached_bind_processor(DIALECT))
        found.append((name, processor, bind.value, bind.required))
    return found


def _rows(compiled: SQLCompiler) -> tuple[Any, list[tuple[int, Callable[[Any], Any]]]]:
    names = [column.keyname for column in compiled._result_columns]
    processors: list[Callable[[Any], Any] | None] = []
    for column in compiled._result_columns:
        if isinstance(column.type, JSON):
            processors.append(_from_json)  # the dialect leaves this to a codec on the connection, which we do without
            continue
        if isinstance(column.type, ARRAY):
            processors.append(_each(column.type.item_type._cached_result_processor(DIALECT, None)))
            continue
        if isinstance(column.type, Direct):
            processors.append(column.type.process_result)
            continue
        try:
            processors.append(column.type._cached_result_processor(DIALECT, None))
        except TypeError:  # a Numeric wants the wire type; asyncpg gives a Decimal, which is what we want
            processors.append(None)
    row = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # names are known at run time only
    return row._make, [(position, how) for position, how in enumerate(processors) if how is not None]
