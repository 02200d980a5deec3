"""A real server on a real database, for tests: composed from chosen subdomains, with a clock that tests may set."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from server import app as server_app
from server.kernel import ids
from server.kernel.access.caller import MAINTENANCE
from server.kernel.clock import system_clock
from server.kernel.database import Database
from server.kernel.migrate import History, migrate
from server.kernel.security.tokens import AccessTokenContent

Metadata = tuple[tuple[str, str], ...]


class SettableClock:
    """Runs with the system's clock until a test moves it."""

    def __init__(self) -> None:
        self._fixed: datetime | None = None

    def __call__(self) -> datetime:
        return self._fixed or system_clock()

    def stop_at(self, now: datetime) -> None:
        self._fixed = now

    def advance(self, by: timedelta) -> None:
        self._fixed = self() + by

    def run(self) -> None:
        self._fixed = None


@dataclass
class Running:
    """A server that answers, and what tests look at behind it."""

    app: server_app.App
    channel: grpc.aio.Channel
    port: int
    clock: SettableClock
    dsn: str

    @property
    def database(self) -> Database:
        return self.app.platform.database

    def as_user(self, user_id: str, session_id: str) -> Metadata:
        """The credentials of a user in a session that its subdomains know."""
        now = self.clock()
        content = AccessTokenContent(user_id, session_id, now, ("pwd",), (), ())
        token = self.app.platform.tokens.issue_access_token(content, now=now, expires_at=now + timedelta(minutes=15))
        return (("authorization", f"Bearer {token}"),)

    def as_service(self, account: str = MAINTENANCE) -> Metadata:
        """The credentials of a service account."""
        return (("authorization", f"Bearer {self.app.platform.tokens.issue_service_token(account)}"),)

    async def rows(self, sql: str, *arguments: Any) -> list[Any]:
        """What the database really holds, whatever the organization."""
        connection = await asyncpg.connect(self.dsn)
        try:
            return list(await connection.fetch(sql, *arguments))
        finally:
            await connection.close()

    async def events(self, aggregate_id: str) -> list[str]:
        """The names of an aggregate's events, in order."""
        prefix = aggregate_id.rpartition("_")[0]
        sql = "SELECT name FROM kernel.event WHERE aggregate_id = $1 ORDER BY version"
        return [row["name"] for row in await self.rows(sql, ids.decode(prefix, aggregate_id))]

    async def until_somebody_waits_for_a_lock(self) -> None:
        """Until one transaction waits for what another has locked."""
        sql = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        async with asyncio.timeout(30):
            while not await self.rows(sql):
                await asyncio.sleep(0.01)

    async def queued(self, queue: str, containing: str) -> list[str]:
        """The messages of a queue that contain a text, in the order of queueing."""
        sql = "SELECT message FROM kernel.delivery WHERE queue = $1 AND position($2 in message) > 0 ORDER BY id"
        return [row["message"] for row in await self.rows(sql, queue, containing)]


@asynccontextmanager
async def running(dsn: str, compose: server_app.Compose, **options: Any) -> AsyncIterator[Running]:
    """A server of *compose* on the database at *dsn*, on a free port, stopped at the end."""
    clock = SettableClock()
    database = Database(dsn, clock=clock, **options)
    os.environ["TENANTRY_DATABASE_URL"] = dsn
    app = server_app.build(compose=compose, clock=clock, database=database)
    await app.start()
    server = app.server()
    port = server.listen(["127.0.0.1:0"])[0]
    await server.start()
    while not database.signals.is_connected:  # until then principals are not remembered
        await asyncio.sleep(0.005)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Running(app, channel, port, clock, dsn)
    await server.drain(notice_seconds=0, grace_seconds=2)
    await app.stop()


@asynccontextmanager
async def fresh_database(dsn: str, name: str, histories: Sequence[History]) -> AsyncIterator[str]:
    """A migrated database of its own, dropped at the end."""
    admin = await asyncpg.connect(dsn)
    try:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.execute(f'CREATE DATABASE "{name}"')
        url = urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))
        await migrate(url, histories)
        yield url
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await admin.close()


@dataclass(frozen=True)
class Refused:
    """How a call was refused."""

    code: grpc.StatusCode
    reason: str
    metadata: dict[str, str]
    violations: dict[str, str]


async def refusal(call: Awaitable[Any]) -> Refused:
    """The refusal that *call* ends with; a test fails when it succeeds."""
    try:
        answer = await call
    except grpc.aio.AioRpcError as error:
        return refusal_of(error)
    raise AssertionError(f"the call was not refused: {answer}")


def refusal_of(error: grpc.aio.AioRpcError) -> Refused:
    """What a gRPC error says (AIP-193)."""
    trailing = dict(error.trailing_metadata() or ())
    status = Status.FromString(trailing.get("grpc-status-details-bin", b""))
    info, bad = ErrorInfo(), BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    violations = {violation.field: violation.reason for violation in bad.field_violations}
    return Refused(error.code(), info.reason, dict(info.metadata), violations)


def properties_of(usage: Mapping[str, Any] | str) -> dict[str, str]:
    """The properties that a use case gave a queued usage, without those that every usage gets."""
    message = json.loads(usage) if isinstance(usage, str) else usage
    return {name: value for name, value in message["Additional"].items() if name not in ("CallId", "Component")}


def at(hours: float = 0, *, now: datetime | None = None) -> datetime:
    """An instant so many hours from now, in whole microseconds."""
    return (now or datetime.now(UTC)) + timedelta(hours=hours)
