"""The pool when it is empty, when callers give up, and when PostgreSQL goes away."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import Float, bindparam, func, select

from server.kernel.access.caller import service_call, set_current_call
from server.kernel.database import Database
from tests.kernel.faults import ADD, FIND, LOCK, backends, eventually, fault_database, outside

SLEEP = select(func.pg_sleep(bindparam("seconds", type_=Float())))

LIMIT = select(func.current_setting("idle_in_transaction_session_timeout").label("limit"))


@pytest_asyncio.fixture
async def database(postgres: str, database_name: str) -> AsyncIterator[Database]:
    async with fault_database(postgres, f"{database_name}_pool_faults", pool_size=2) as found:
        yield found


async def _all_come_back(database: Database) -> None:
    assert database.pool._open == len(database.pool._idle) <= 2
    assert await backends(database, "idle in transaction") == 0


async def test_whoever_waits_is_served_before_whoever_comes_back(database):
    order = []

    async def use(name: str, times: int) -> None:
        for _ in range(times):
            connection = await database.pool.acquire()
            order.append(name)
            await asyncio.sleep(0.01)
            database.pool.release(connection)

    await asyncio.gather(use("a", 4), use("b", 4), use("late", 1))

    assert order.index("late") < 4, order


async def test_a_cancelled_read_stops_in_postgresql_and_its_connection_is_good_again(database):
    task = asyncio.create_task(database.reader.fetch_all(SLEEP, {"seconds": 30.0}))
    await eventually(lambda: _is(backends(database, "active"), 1))

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await eventually(lambda: _is(backends(database, "active"), 0), 1.0)
    assert await database.reader.fetch_one(FIND, {"name": "x"}) is None
    await _all_come_back(database)


async def test_cancellation_anywhere_in_a_transaction_leaves_nothing_open(database):
    async def work(name: str) -> None:
        async with database.begin() as uow:
            await uow.fetch_one(LOCK, {"name": name})
            await uow.write(ADD, {"name": name, "amount": 1})

    for attempt in range(150):
        task = asyncio.create_task(work(f"cancelled-{attempt}"))
        await asyncio.sleep(attempt * 0.00004)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    await eventually(lambda: _is(_idle(database), database.pool._open))
    await _all_come_back(database)
    # and whoever comes next is served
    await asyncio.gather(*[work(f"after-{number}") for number in range(10)])
    await _all_come_back(database)


async def test_waiters_that_give_up_lose_no_connection(database):
    held = [await database.pool.acquire() for _ in range(2)]
    waiting = [asyncio.create_task(database.pool.acquire()) for _ in range(6)]
    await asyncio.sleep(0)

    # The first is handed a connection and gives up in the same moment.
    database.pool.release(held[0])
    waiting[0].cancel()
    waiting[1].cancel()
    await asyncio.sleep(0.01)
    served = await waiting[2]
    database.pool.release(served)
    database.pool.release(held[1])
    for task in waiting[3:]:
        database.pool.release(await asyncio.wait_for(task, 1))

    assert all(task.cancelled() for task in waiting[:2])
    await _all_come_back(database)


async def test_units_of_work_within_others_do_not_wait_for_each_other_forever(database):
    async def outer(number: int) -> None:
        set_current_call(service_call(f"nested-{number}"))
        async with database.begin() as uow:
            await uow.fetch_one(LOCK, {"name": "none"})
            await asyncio.sleep(0.05)  # until every connection is taken
            async with database.begin(is_step=True) as inner:
                await inner.write(ADD, {"name": f"inner-{number}", "amount": 1})
                await inner.fetch_one(FIND, {"name": f"inner-{number}"})
            await database.reader.fetch_one(FIND, {"name": f"inner-{number}"})

    async with asyncio.timeout(5):
        await asyncio.gather(*[outer(number) for number in range(12)])

    await _all_come_back(database)


async def test_connections_that_postgresql_ended_are_replaced(database):
    await asyncio.gather(*[database.reader.fetch_all(SLEEP, {"seconds": 0.05}) for _ in range(2)])
    async with outside(database) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'tenantry'"
        )

    found = await asyncio.gather(*[database.reader.fetch_one(FIND, {"name": "x"}) for _ in range(20)])

    assert found == [None] * 20
    await _all_come_back(database)


async def test_64_callers_share_the_connections_and_return_all(database):
    async def work(number: int) -> None:
        async with database.begin() as uow:
            await uow.fetch_one(LOCK, {"name": "shared"})
            await uow.write(ADD, {"name": f"many-{number}", "amount": number})

    await asyncio.gather(*[work(number) for number in range(64)])

    async with outside(database) as connection:
        assert await connection.fetchval("SELECT count(*) FROM faults.thing WHERE name LIKE 'many-%'") == 64
    await _all_come_back(database)


async def test_a_transaction_whose_process_hangs_is_ended_by_postgresql(database):
    async with database.begin() as uow:
        row = await uow.fetch_one(
            select(func.current_setting("idle_in_transaction_session_timeout").label("limit")), {}
        )

    assert row is not None
    assert row.limit == "1min"


async def _idle(database: Database) -> int:
    return len(database.pool._idle)


async def _is(found, expected) -> bool:
    return bool((await found) == expected)
