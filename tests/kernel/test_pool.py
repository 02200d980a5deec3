"""The pool and the reader: few connections, handed on in turn, and one round trip a read."""

import asyncio

import pytest
from sqlalchemy import func, literal, select

from server.kernel.database import Database
from server.kernel.database.pool import Pool
from server.kernel.errors import StoreUnavailable
from server.kernel.ids import new_id
from tests.kernel.probe import FIND_NOTES
from tests.wire import counting

ONE = select(literal(1).label("one"))
SLEEP = select(func.pg_sleep(30).label("slept"))
ACTIVE = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' "
    "AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
)


async def test_a_read_is_one_round_trip_also_of_an_organizations_rows(probe_dsn):
    async with counting(probe_dsn) as wire:
        database = Database(wire.dsn, pool_size=1)
        costs = []
        for _ in range(2):
            for query, parameters in ((ONE, {}), (FIND_NOTES, {"organization_id": new_id("org")})):
                before = wire.round_trips
                await database.reader.fetch_all(query, parameters)
                costs.append(wire.round_trips - before)

        assert costs[2:] == [1, 1]
        await database.stop()


async def test_a_read_is_tried_again_after_postgresql_ended_its_connection(database, onlooker):
    await database.reader.fetch_one(ONE, {})
    connection = await database.pool.acquire()
    pid = connection.raw.get_server_pid()
    database.pool.release(connection)

    await onlooker.execute("SELECT pg_terminate_backend($1)", pid)
    row = await database.reader.fetch_one(ONE, {})

    assert row.one == 1


async def test_a_read_on_a_connection_that_ends_meanwhile_is_tried_again(database, onlooker):
    connection = await database.pool.acquire()
    pid = connection.raw.get_server_pid()
    database.pool.release(connection)
    wait = select(func.pg_sleep(0.3).label("slept"))
    reading = asyncio.create_task(database.reader.fetch_one(wait, {}))
    while not await onlooker.fetchval(ACTIVE):
        await asyncio.sleep(0.005)

    await onlooker.execute("SELECT pg_terminate_backend($1)", pid)

    assert await reading is not None


async def test_a_write_on_a_connection_that_ends_meanwhile_says_that_the_store_is_away(database, onlooker):
    async def use_case():
        async with database.begin() as uow:
            await uow.fetch_one(ONE, {})
            pid = uow._connection.raw.get_server_pid()
            await onlooker.execute("SELECT pg_terminate_backend($1)", pid)
            await uow.fetch_one(ONE, {})

    with pytest.raises(StoreUnavailable):
        await use_case()
    assert [row.one for row in await database.reader.fetch_all(ONE, {})] == [1]


async def test_without_postgresql_the_store_is_unavailable():
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")

    with pytest.raises(StoreUnavailable):
        await database.reader.fetch_one(ONE, {})
    with pytest.raises(StoreUnavailable):
        async with database.begin() as uow:
            await uow.fetch_one(ONE, {})


async def test_a_cancelled_read_stops_in_postgresql_and_its_connection_is_used_again(probe_dsn, onlooker):
    # given
    database = Database(probe_dsn, pool_size=1)
    reading = asyncio.create_task(database.reader.fetch_one(SLEEP, {}))
    while not await onlooker.fetchval(ACTIVE):
        await asyncio.sleep(0.005)

    # when
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    # then
    async with asyncio.timeout(1):
        assert [row.one for row in await database.reader.fetch_all(ONE, {})] == [1]
    assert await onlooker.fetchval(ACTIVE) == 0
    await database.stop()


async def test_a_hundred_readers_share_two_connections(probe_dsn, onlooker):
    database = Database(probe_dsn, pool_size=2)

    rows = await asyncio.gather(*(database.reader.fetch_one(ONE, {}) for _ in range(100)))

    assert len(rows) == 100
    assert database.pool._open == 2
    await database.stop()


async def test_connections_are_handed_on_in_the_order_of_asking(probe_dsn):
    # given
    pool, order = Pool(probe_dsn, size=1), []
    connection = await pool.acquire()

    async def use(name, times):
        for _ in range(times):
            mine = await pool.acquire()
            order.append(name)
            await asyncio.sleep(0)
            pool.release(mine)

    greedy = asyncio.create_task(use("greedy", 3))
    patient = asyncio.create_task(use("patient", 1))
    await asyncio.sleep(0)

    # when
    pool.release(connection)
    await asyncio.gather(greedy, patient)

    # then: who comes back stands behind who waits
    assert order == ["greedy", "patient", "greedy", "greedy"]
    await pool.close()


async def test_who_is_cancelled_while_waiting_loses_no_connection(probe_dsn):
    pool = Pool(probe_dsn, size=1)
    connection = await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)

    # when: both in the same moment, in either order
    waiting.cancel()
    pool.release(connection)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    connection = await asyncio.wait_for(pool.acquire(), 1)
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    pool.release(connection)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    # then
    pool.release(await asyncio.wait_for(pool.acquire(), 1))
    await pool.close()


async def test_a_closed_pool_sends_everybody_away(probe_dsn):
    pool = Pool(probe_dsn, size=1)
    connection = await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)

    await pool.close()

    with pytest.raises(StoreUnavailable):
        await waiting
    with pytest.raises(StoreUnavailable):
        await pool.acquire()
    pool.release(connection)
    assert connection.raw.is_closed()
