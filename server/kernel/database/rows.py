"""
Inserts of several rows at once.

A few go in as VALUES, whose number PostgreSQL knows, so that it plans the statement once. Rows out of arrays are a
guess to it, planned each time, and cost a third more; but one text serves any number of them. What a few rows have in
common is sent once: each value costs both sides about a quarter of a microsecond.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Insert, Table, Text, bindparam, cast, column, func, insert, select, values
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

A_FEW = 8


def insert_rows(table: Table, columns: Sequence[str]) -> Callable[[int], Insert]:
    """Inserts with these columns by the number of rows. JSON is given as text."""

    @cache
    def few(count: int) -> Insert:
        return insert(table).values(
            [{name: _value(table, name, number) for name in columns} for number in range(count)]
        )

    many = insert(table).from_select(list(columns), select(*[_unnested(table, name) for name in columns]))
    return lambda count: few(count) if count <= A_FEW else many


def insert_alike(table: Table, shared: Sequence[str], own: Sequence[str]) -> Callable[[int], Insert]:
    """Inserts, by the number of rows, of a few that are the same in the columns *shared*, which come first."""
    columns = [column(name, table.c[name].type) for name in own]

    def few(count: int) -> Insert:
        rows = [tuple(_value(table, name, number) for name in own) for number in range(count)]
        each = values(*columns, name="each").data(rows)
        same = [bindparam(name, type_=table.c[name].type) for name in shared]
        return insert(table).from_select([*shared, *own], select(*same, *each.c))

    return few


def arguments_of(rows: Sequence[Sequence[Any]]) -> list[Any]:
    """The arguments of the insert of *rows*."""
    return (
        list(chain.from_iterable(rows)) if len(rows) <= A_FEW else [list(values) for values in zip(*rows, strict=True)]
    )


def _value(table: Table, name: str, number: int) -> Any:
    kind = table.c[name].type
    if isinstance(kind, JSONB):
        return cast(bindparam(f"{name}_{number}", type_=Text()), JSONB)
    return bindparam(f"{name}_{number}", type_=kind)


def _unnested(table: Table, name: str) -> Any:
    kind = table.c[name].type
    is_json = isinstance(kind, JSONB)
    return cast(func.unnest(bindparam(name, type_=ARRAY(Text() if is_json else kind))), kind).label(name)
