"""Connections to PostgreSQL that record what they run, for processes that are tracing."""

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import asyncpg

from server.kernel.access.caller import find_current_call
from server.kernel.database.pool import Connection, Pool
from server.kernel.telemetry.metrics import Gauge
from server.kernel.telemetry.spans import SpanKind

CONNECTIONS = Gauge("db.client.connection.count", "Connections to PostgreSQL, by state.", "{connection}")

_CHANGES = re.compile(r"\b(?:(INSERT) INTO|(UPDATE)|(DELETE) FROM) ([a-z_]+\.[a-z_]+)")
_READS = re.compile(r"\bFROM ([a-z_]+\.[a-z_]+)")
_LONGEST_SQL = 2_000

T = TypeVar("T")


class RecordingConnection(Connection):
    """Makes a span of each statement that runs for a call whose trace is recorded: its text, never its parameters."""

    __slots__ = ()

    def __init__(self, raw: "asyncpg.Connection[Any]") -> None:
        super().__init__(raw)
        self.command = self._recorded_command

    async def fetch(self, sql: str, arguments: list[Any]) -> list[Any]:
        return await _recorded(super().fetch, sql, arguments)

    async def execute(self, sql: str, arguments: list[Any]) -> int:
        return await _recorded(super().execute, sql, arguments)

    async def run_many(self, sql: str, rows: Sequence[list[Any]]) -> None:
        await _recorded(super().run_many, sql, rows)

    async def _recorded_command(self, sql: str) -> str:
        return await _recorded(self.raw.execute, sql)


async def sample_connections(pools: Sequence[Pool]) -> None:
    """Read how many connections there are."""
    idle = sum(pool.idle_count for pool in pools)
    CONNECTIONS.set(idle, state="idle")
    CONNECTIONS.set(sum(pool.open_count for pool in pools) - idle, state="used")


async def _recorded(run: Callable[..., Awaitable[T]], sql: str, *arguments: Any) -> T:
    call = find_current_call()
    if call is None or call.span is None:
        return await run(sql, *arguments)
    span = call.span.child(_summary(sql), SpanKind.CLIENT)
    span.attributes |= {"db.system.name": "postgresql", "db.query.text": sql[:_LONGEST_SQL]}
    try:
        return await run(sql, *arguments)
    except BaseException as error:
        span.note(error)
        raise
    finally:
        span.end()


@lru_cache(maxsize=1000)
def _summary(sql: str) -> str:
    """What a statement does first of all, and to which table: ``INSERT cars.car``."""
    change = _CHANGES.search(sql)
    if change is not None:
        return f"{change[1] or change[2] or change[3]} {change[4]}"
    read = _READS.search(sql)
    return f"SELECT {read[1]}" if read is not None else sql.partition(";")[0].partition(" ")[0]
