"""Connections to PostgreSQL: last in, first out, each with its prepared statements."""

import asyncio
from collections import OrderedDict, deque
from contextlib import suppress
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from server.kernel.database.statements import SETTING
from server.kernel.errors import StoreUnavailable

APPLICATION_ROLE = "tenantry_app"
_MOST_PREPARED = 500
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InternalClientError,  # a statement met the notice that PostgreSQL is closing the connection
)


class Connection:
    """One connection. Nothing of a session is ever set on it, so it needs no reset between uses."""

    __slots__ = ("_prepared", "raw")

    def __init__(self, raw: "asyncpg.Connection[Any]") -> None:
        self.raw = raw
        self._prepared: OrderedDict[str, PreparedStatement[Any]] = OrderedDict()

    async def fetch(self, sql: str, arguments: list[Any]) -> list[Any]:
        """Run a prepared statement and return its records."""
        statement = self._prepared.get(sql) or await self._prepare(sql)
        try:
            return await statement.fetch(*arguments)
        except asyncpg.InvalidCachedStatementError:  # a migration has changed a table meanwhile
            del self._prepared[sql]
            if self.raw.is_in_transaction():
                raise
            return await (await self._prepare(sql)).fetch(*arguments)

    async def execute(self, sql: str, arguments: list[Any]) -> int:
        """Run a prepared statement that changes rows and return how many it changed."""
        statement = self._prepared.get(sql) or await self._prepare(sql)
        await statement.fetch(*arguments)
        return int((statement.get_statusmsg() or "").rpartition(" ")[2] or 0)

    async def _prepare(self, sql: str) -> "PreparedStatement[Any]":
        statement = await self.raw.prepare(sql)
        self._prepared[sql] = statement
        if len(self._prepared) > _MOST_PREPARED:
            self._prepared.popitem(last=False)
        return statement


class Pool:
    """At most *size* connections, opened when needed, handed out newest first, and to those who wait in their order."""

    def __init__(self, dsn: str, *, size: int, role: str | None = APPLICATION_ROLE, name: str = "tenantry") -> None:
        self._dsn = dsn
        # The setting of row-level security starts as an organization that is nobody's. Unset, it would be an empty text
        # once a transaction has set it and ended, which the planner, guessing how many rows there are, cannot read.
        self._settings = {"application_name": name, "jit": "off", SETTING: str(UUID(int=0))}
        self._settings |= {"role": role} if role else {}
        self._size = size
        self._idle: list[Connection] = []
        self._open = 0
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._closed = False

    async def acquire(self) -> Connection:
        """
        Take a connection; wait for one when all are in use.

        Raises:
            StoreUnavailable: PostgreSQL cannot be reached.
        """
        while True:
            while self._idle:
                connection = self._idle.pop()
                if not connection.raw.is_closed():
                    return connection
                self._open -= 1
            if self._closed:
                raise StoreUnavailable
            if self._open < self._size:
                return await self._connect()
            handed = await self._wait()
            if handed is not None and not handed.raw.is_closed():
                return handed
            self._open -= handed is not None

    def release(self, connection: Connection) -> None:
        """Give a connection back."""
        if self._closed or connection.raw.is_closed():
            self.discard(connection)
        elif not self._wake(connection):
            self._idle.append(connection)

    def discard(self, connection: Connection) -> None:
        """Give back a connection that nobody can use again."""
        connection.raw.terminate()
        self._open -= 1
        self._wake()

    async def close(self) -> None:
        """Close idle connections now and the others as they come back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().raw.close()
            self._open -= 1
        while self._waiting:
            self._wake()

    async def _connect(self) -> Connection:
        self._open += 1
        try:
            return Connection(await connect(self._dsn, self._settings))
        except BaseException:
            self._open -= 1
            self._wake()
            raise

    async def _wait(self) -> Connection | None:
        """Wait for a connection, or for room to open one."""
        turn: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with suppress(ValueError):  # it was skipped already
                    self._waiting.remove(turn)
            elif (handed := turn.result()) is not None:
                self.release(handed)
            else:
                self._wake()
            raise

    def _wake(self, handed: Connection | None = None) -> bool:
        """Whether somebody waited and was woken."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(handed)
                return True
        return False


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
