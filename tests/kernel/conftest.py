"""A database of the kernel's own and the probe's, and what is made of it in this process."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from server.kernel.database import Database
from tests.harness import fresh_database
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
    await found.pool.close()


@pytest_asyncio.fixture
async def onlooker(probe_dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection that sees everything."""
    connection = await asyncpg.connect(probe_dsn)
    yield connection
    await connection.close()
