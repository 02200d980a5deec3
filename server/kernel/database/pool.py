"""Connections to PostgreSQL: last in, first out, each with its prepared statements."""

import asyncio
import itertools
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg.pgproto import pgproto
from asyncpg.prepared_stmt import PreparedStatement

from server.kernel import ids
from server.kernel.database.statements import SETTING
from server.kernel.errors import StoreUnavailable

APPLICATION_ROLE = "tenantry_app"
_MOST_PREPARED = 500
_SPARE = 2
_CLOSE_SECONDS = 5
_SETTINGS = {
    "jit": "off",
    # A transaction of a process that hangs must not keep its rows locked for good.
    "idle_in_transaction_session_timeout": "60s",
    # The setting of row-level security starts as an organization that is nobody's. Unset, it would be an empty text
    # once a transaction has set it and ended, which the planner, guessing how many rows there are, cannot read.
    SETTING: str(UUID(int=0)),
}
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, or an administrator cancelled
    asyncpg.InsufficientResourcesError,
    asyncpg.InternalClientError,  # a statement met the notice that PostgreSQL is closing the connection
)

# UUIDs that asyncpg sends as they are: made and sent at a fifth of the cost; a third of what a write sends are UUIDs.
ids.use(pgproto.UUID)

_numbers = itertools.count(1)

open_transactions: ContextVar[int] = ContextVar("open_transactions", default=0)  # of this task


class Connection:
    """
    One connection. Nothing of a session is ever set on it, so it needs no reset between uses.

    Statements are run by what asyncpg's `PreparedStatement.fetch` calls in the end: three coroutines fewer, for each of
    which the loop pays on every run. Not public; the minor version is pinned.
    """

    __slots__ = ("_bind_execute", "_bind_execute_many", "_prepared", "command", "raw")

    def __init__(self, raw: "asyncpg.Connection[Any]") -> None:
        self.raw = raw
        self._bind_execute: Callable[..., Awaitable[Any]] = raw._protocol.bind_execute  # type: ignore[attr-defined]
        self._bind_execute_many: Callable[..., Awaitable[Any]] = raw._protocol.bind_execute_many  # type: ignore[attr-defined]
        self.command: Callable[[str], Awaitable[str]] = raw.execute  # BEGIN and COMMIT, which are not prepared
        self._prepared: OrderedDict[str, PreparedStatement[Any]] = OrderedDict()

    async def fetch(self, sql: str, arguments: list[Any]) -> list[Any]:
        """Run a prepared statement and return its records."""
        statement = self._prepared.get(sql) or await self._prepare(sql)
        try:
            records: list[Any] = await self._bind_execute(statement._state, arguments, "", 0, False, None)  # type: ignore[attr-defined]
            return records
        except asyncpg.InvalidCachedStatementError:  # a migration has changed a table meanwhile
            del self._prepared[sql]
            if self.raw.is_in_transaction():
                raise
            return await (await self._prepare(sql)).fetch(*arguments)
        except asyncpg.PostgresError as error:
            error.detail = None  # it quotes the row, and errors are logged
            raise

    async def execute(self, sql: str, arguments: list[Any]) -> int:
        """Run a prepared statement that changes rows and return how many it changed."""
        statement = self._prepared.get(sql) or await self._prepare(sql)
        try:
            _, status, _ = await self._bind_execute(statement._state, arguments, "", 0, True, None)  # type: ignore[attr-defined]
        except asyncpg.PostgresError as error:
            error.detail = None  # it quotes the row, and errors are logged
            raise
        return int(status.rpartition(b" ")[2] or 0)

    async def run_many(self, sql: str, rows: Sequence[list[Any]]) -> None:
        """Run a prepared statement once for each of *rows*: one transaction, which commits by itself."""
        statement = self._prepared.get(sql) or await self._prepare(sql)
        try:
            await self._bind_execute_many(statement._state, rows, "", None, False)  # type: ignore[attr-defined]
        except asyncpg.InvalidCachedStatementError:
            del self._prepared[sql]
            raise

    async def _prepare(self, sql: str) -> "PreparedStatement[Any]":
        # Without a name PostgreSQL would parse and plan it again each time it runs.
        statement = await self.raw.prepare(sql, name=f"tenantry_{next(_numbers)}")
        self._prepared[sql] = statement
        if len(self._prepared) > _MOST_PREPARED:
            self._prepared.popitem(last=False)
        return statement


_Turn = asyncio.Future[Connection | None]


class Pool:
    """
    At most *size* connections, opened when needed, handed out newest first, and to those who wait in their order.

    Who needs a second one while holding a transaction goes first, and beyond *size* has a few of its own: else as many
    transactions as there are connections would wait for each other.
    """

    def __init__(
        self,
        dsn: str,
        *,
        size: int,
        role: str | None = APPLICATION_ROLE,
        name: str = "tenantry",
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._dsn = dsn
        self._settings = {"application_name": name, **_SETTINGS, **settings} | ({"role": role} if role else {})
        self._size = size
        self._idle: list[Connection] = []
        self._open = 0  # places taken: connections, and those that are being made
        self._waiting: deque[_Turn] = deque()
        self._waiting_within: deque[_Turn] = deque()
        self._closed = False
        self.connection_type: type[Connection] = Connection

    @property
    def open_count(self) -> int:
        """How many connections there are, those that are being made included."""
        return self._open

    @property
    def idle_count(self) -> int:
        """How many of them nobody uses now."""
        return len(self._idle)

    async def acquire(self) -> Connection:
        """
        Take a connection; wait for one when all are in use.

        Raises:
            StoreUnavailable: PostgreSQL cannot be reached.
        """
        while self._idle:
            connection = self._idle.pop()
            if not connection.raw.is_closed():
                return connection
            self._open -= 1
        if self._closed:
            raise StoreUnavailable
        is_within = open_transactions.get() > 0
        if self._open >= self._size + (_SPARE if is_within else 0):
            return await self._wait(self._waiting_within if is_within else self._waiting)
        self._open += 1
        return await self._connect()

    def release(self, connection: Connection) -> None:
        """Give a connection back."""
        if self._closed or connection.raw.is_closed():
            self.discard(connection)
        else:
            self._pass_on(connection)

    def discard(self, connection: Connection) -> None:
        """Give back a connection that nobody can use again."""
        connection.raw.terminate()
        self._pass_on(None)

    async def close(self) -> None:
        """Close idle connections now and the others as they come back."""
        self._closed = True
        for turn in (*self._waiting_within, *self._waiting):
            if not turn.done():
                turn.set_exception(StoreUnavailable())
        idle, self._idle = self._idle, []
        self._open -= len(idle)
        closing = [connection.raw.close(timeout=_CLOSE_SECONDS) for connection in idle]
        await asyncio.gather(*closing, return_exceptions=True)

    async def _wait(self, queue: "deque[_Turn]") -> Connection:
        turn: _Turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            connection = await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._pass_on(turn.result())  # it came in the very moment of giving up
            raise
        if connection is not None and not connection.raw.is_closed():
            return connection
        return await self._connect()

    async def _connect(self) -> Connection:
        try:
            return self.connection_type(await connect(self._dsn, self._settings))
        except BaseException:
            self._pass_on(None)
            raise

    def _pass_on(self, connection: Connection | None) -> None:
        """Hand a place, and its connection if there is one, to who has waited longest."""
        is_spare = self._open > self._size
        for queue in [self._waiting_within] if is_spare else [self._waiting_within, self._waiting]:
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(connection)
                    return
        if connection is not None and not is_spare:
            self._idle.append(connection)
            return
        self._open -= 1
        if connection is not None:
            connection.raw.terminate()


async def connect(dsn: str, settings: dict[str, str]) -> "asyncpg.Connection[Any]":
    """
    Open a connection.

    Raises:
        StoreUnavailable: PostgreSQL cannot be reached.
    """
    try:
        return await asyncpg.connect(dsn, server_settings=settings, statement_cache_size=0, timeout=10)
    except (*_AWAY, TimeoutError, asyncpg.TooManyConnectionsError) as error:
        raise StoreUnavailable from error


def is_away(error: BaseException) -> bool:
    """Whether *error* says that PostgreSQL went away while a statement ran."""
    return isinstance(error, _AWAY) or (
        isinstance(error, asyncpg.InterfaceError) and ("closed" in str(error) or "released" in str(error))
    )
