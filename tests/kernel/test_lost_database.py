"""The database goes away while work is claimed, carried out and settled: at least once, once in effect, none stuck."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from server.kernel.access.caller import service_call, set_current_call
from server.kernel.database import Database
from server.kernel.errors import StoreUnavailable
from server.kernel.migrate import KERNEL, migrate
from server.launch.postgres import EmbeddedPostgres
from tests.kernel.faults import eventually, fault_database, fault_tables, outside
from tests.kernel.working import QUICK, ReceiverProcess, queue, standing, worker

SHORT = replace(QUICK, lease=timedelta(seconds=6))  # a second for a call: what is lost comes again soon
_CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'tenantry'
"""


@pytest_asyncio.fixture
async def receiver(tmp_path: Path) -> AsyncIterator[ReceiverProcess]:
    set_current_call(service_call("test"))
    async with ReceiverProcess(tmp_path).running() as found:
        yield found


@pytest_asyncio.fixture
async def own_postgres(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A PostgreSQL that may be stopped."""
    found = EmbeddedPostgres(tmp_path / "database", fast=True)
    await found.start()
    yield found
    await found.stop()


@asynccontextmanager
async def _workers(database: Database, receiver: ReceiverProcess) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(worker(database.pool._dsn, receiver.target, settings=SHORT))
        yield


async def test_connections_that_are_cut_again_and_again_lose_and_double_nothing(postgres, database_name, receiver):
    names = [f"n{number}" for number in range(600)]
    chance, cuts = random.Random(7), 0
    async with fault_database(postgres, f"{database_name}_cut", pool_size=3) as database:
        await queue(database, *names)
        async with _workers(database, receiver), outside(database) as onlooker:
            while (await _waiting(onlooker)) and cuts < 200:
                cuts += await onlooker.fetchval(_CUT)
                await asyncio.sleep(chance.uniform(0.005, 0.05))
            assert cuts > 5
            await eventually(lambda: _is_empty(database), seconds=15)

    assert Counter(receiver.carried_out) == Counter(names)


async def test_a_database_that_is_stopped_for_seconds_is_waited_for(own_postgres, receiver):
    names = [f"n{number}" for number in range(600)]
    await migrate(own_postgres.dsn, [KERNEL])
    async with fault_tables(own_postgres.dsn, pool_size=3) as database:
        await queue(database, *names)
        async with _workers(database, receiver):
            await eventually(lambda: _has_begun(receiver))
            await own_postgres.stop()
            with pytest.raises(StoreUnavailable):
                await queue(database, "refused")
            await asyncio.sleep(2)
            await own_postgres.start()
            await queue(database, "afterwards")

            await eventually(lambda: _is_empty(database), seconds=15)

    assert Counter(receiver.carried_out) == Counter([*names, "afterwards"])


async def _waiting(onlooker: "asyncpg.Connection[asyncpg.Record]") -> int:
    found: int = await onlooker.fetchval("SELECT count(*) FROM kernel.delivery WHERE leased_until IS NULL")
    return found


async def _has_begun(receiver: ReceiverProcess) -> bool:
    return len(receiver.carried_out) > 0


async def _is_empty(database: Database) -> bool:
    return await standing(database) == (0, 0)
