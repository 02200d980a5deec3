"""A database of the kernel's own and the probe's, and what is made of it in this process."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from server.kernel.database import Database
from server.kernel.ids import new_id
from tests.cast import Cast, Player, cast_of_tests
from tests.harness import Running, fresh_database, running
from tests.kernel.echo import echo
from tests.kernel.probe import HISTORIES


@pytest_asyncio.fixture(scope="session")
async def probe_dsn(postgres: str, database_name: str) -> AsyncIterator[str]:
    async with fresh_database(postgres, f"{database_name}_probe", HISTORIES) as dsn:
        yield dsn


@pytest_asyncio.fixture
async def database(probe_dsn: str) -> AsyncIterator[Database]:
    """A process's database that does not listen."""
    found = Database(probe_dsn, pool_size=4)
    yield found
    await found.stop()


@pytest_asyncio.fixture
async def onlooker(probe_dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection that sees everything."""
    connection = await asyncpg.connect(probe_dsn)
    yield connection
    await connection.close()


@pytest_asyncio.fixture(scope="session")
async def echo_server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    """A server that answers the echo service."""
    async with (
        fresh_database(postgres, f"{database_name}_echo", HISTORIES) as dsn,
        running(dsn, lambda platform: [cast_of_tests(platform), echo(platform)]) as found,
    ):
        yield found


@pytest_asyncio.fixture
async def cast(echo_server: Running) -> Cast:
    return Cast(echo_server)


@pytest_asyncio.fixture
async def member(cast: Cast) -> Player:
    return await cast.member(new_id("org"))
