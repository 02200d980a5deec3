"""Units of work of one statement that are ready at the same moment: one transaction, and none of them can tell."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from server.kernel.database import Database
from server.kernel.database.shared_commits import CONNECTIONS, MOST_TOGETHER
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.errors import StoreUnavailable
from server.kernel.ids import decode, new_id
from tests.kernel.faults import ADD, ADD_OWNED, LIST_OWNED, NameTaken, backends, eventually, fault_database, outside

TAKE = "INSERT INTO faults.thing VALUES ('taken', 0)"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest_asyncio.fixture
async def database(postgres: str, database_name: str) -> AsyncIterator[Database]:
    async with fault_database(postgres, f"{database_name}_shared", pool_size=3) as found:
        yield found


@pytest_asyncio.fixture
async def onlooker(database: Database) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    async with outside(database) as connection:
        yield connection


@pytest_asyncio.fixture
async def holder(database: Database) -> AsyncIterator["asyncpg.transaction.Transaction"]:
    """A transaction of somebody else, who has added the thing that is taken."""
    async with outside(database) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(TAKE)
        yield transaction


@pytest_asyncio.fixture
async def add(database):
    """Add a thing, with an event of its own and a message."""

    async def call(name, *, organization_id=None):
        async with database.begin(organization_id) as uow:
            await uow.write(ADD, {"name": name, "amount": 1}, {"thing_pkey": NameTaken()})
            uow.deliver(Message(Queue.JOBS, {"Name": name}))
        return name

    return call


async def _names(onlooker):
    return {row["name"] for row in await onlooker.fetch("SELECT name FROM faults.thing")}


async def _transactions(onlooker):
    return await onlooker.fetchval("SELECT count(DISTINCT xmin::text) FROM faults.thing")


async def _is_waited_for(onlooker):
    return await onlooker.fetchval(WAITING) > 0


async def _nobody_waits(onlooker):
    return await onlooker.fetchval(WAITING) == 0


async def test_those_who_are_ready_at_once_commit_together(database, onlooker, add):
    names = {f"thing {number}" for number in range(MOST_TOGETHER)}

    await asyncio.gather(*[add(name) for name in names])

    assert await _names(onlooker) == names
    assert await _transactions(onlooker) == 1
    queued = await onlooker.fetch("SELECT message::json -> 'Name' #>> '{}' AS name FROM kernel.delivery")
    assert sorted(row["name"] for row in queued) == sorted(names)


async def test_more_of_them_take_several_transactions_and_few_connections(database, onlooker, add):
    count = 10 * MOST_TOGETHER

    await asyncio.gather(*[add(f"thing {number}") for number in range(count)])

    assert len(await _names(onlooker)) == count
    assert 10 <= await _transactions(onlooker) <= 20
    assert database.commits.pool.open_count <= CONNECTIONS
    assert database.commits.pool.open_count == database.commits.pool.idle_count


async def test_whoever_becomes_ready_meanwhile_goes_next_and_together(onlooker, add, holder):
    first = asyncio.create_task(add("taken"))
    await eventually(lambda: _is_waited_for(onlooker))

    others = []
    for number in range(5):
        others.append(asyncio.create_task(add(f"thing {number}")))
        await asyncio.sleep(0.005)
    await asyncio.gather(*others)
    await holder.rollback()

    assert await first == "taken"
    assert await onlooker.fetchval("SELECT count(DISTINCT xmin::text) FROM faults.thing WHERE name <> 'taken'") == 1


async def test_as_many_as_go_together_wait_for_nobody(onlooker, add, holder):
    first = asyncio.create_task(add("taken"))
    await eventually(lambda: _is_waited_for(onlooker))

    await asyncio.gather(*[add(f"thing {number}") for number in range(MOST_TOGETHER)])

    assert await _is_waited_for(onlooker)  # for less than a tenth of a second until now
    await holder.rollback()
    assert await first == "taken"


async def test_one_that_is_refused_touches_no_other(onlooker, add):
    await add("taken")

    outcomes = await asyncio.gather(*[add(name) for name in ("first", "taken", "last")], return_exceptions=True)

    assert [outcomes[0], outcomes[2]] == ["first", "last"]
    assert isinstance(outcomes[1], NameTaken)
    assert await _names(onlooker) == {"taken", "first", "last"}


async def test_of_equal_ones_one_wins(onlooker, add):
    outcomes = await asyncio.gather(*[add("same") for _ in range(20)], return_exceptions=True)

    assert outcomes.count("same") == 1
    assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 19
    assert await onlooker.fetchval("SELECT count(*) FROM kernel.delivery") == 1


async def test_each_acts_for_its_own_organization(database, onlooker):
    organizations = [new_id("org") for _ in range(20)]

    async def add_owned(organization_id, owner_id):
        async with database.begin(organization_id) as uow:
            await uow.write(ADD_OWNED, {"organization_id": owner_id, "name": f"of {organization_id}"})

    await asyncio.gather(*[add_owned(each, each) for each in organizations])
    outcomes = await asyncio.gather(
        add_owned(organizations[0], organizations[1]),  # row-level security alone refuses it
        *[add_owned(each, each) for each in (new_id("org"), new_id("org"))],
        return_exceptions=True,
    )

    assert isinstance(outcomes[0], asyncpg.InsufficientPrivilegeError)
    assert outcomes[1:] == [None, None]
    assert await onlooker.fetchval("SELECT count(DISTINCT xmin::text) FROM faults.owned") <= 5
    for each in organizations:
        rows = await database.reader.fetch_all(LIST_OWNED, {"organization_id": each})
        assert [row.name for row in rows] == [f"of {each}"]
        stored = await onlooker.fetchval("SELECT organization_id FROM faults.owned WHERE name = $1", f"of {each}")
        assert stored == decode("org", each)


async def test_nobody_waits_for_a_lock_that_another_needs(onlooker, add, holder):
    blocked = asyncio.create_task(add("taken"))

    async with asyncio.timeout(5):
        await asyncio.gather(add("first"), add("last"))
        assert not blocked.done()
        await holder.commit()

    with pytest.raises(NameTaken):
        await blocked
    assert await _names(onlooker) == {"taken", "first", "last"}


async def test_one_alone_waits_for_a_lock_as_long_as_it_takes(onlooker, add, holder):
    blocked = asyncio.create_task(add("taken"))
    await asyncio.sleep(0.5)

    await holder.rollback()

    assert await blocked == "taken"


async def test_who_gives_up_leaves_the_others_alone_and_what_stands_is_told(database, onlooker, holder):
    told = []
    sql = "INSERT INTO faults.thing VALUES ($1, 1)"
    tasks = [
        asyncio.create_task(database.commits.commit(sql, [name], lambda name=name: told.append(name)))
        for name in ("first", "taken", "last")
    ]
    await eventually(lambda: _is_waited_for(onlooker))

    tasks[0].cancel()
    await holder.rollback()

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert outcomes[1:] == [True, True]
    assert told == ["first", "taken", "last"]
    assert await _names(onlooker) == set(told)


async def test_who_gives_up_before_it_is_sent_has_done_nothing(database, onlooker, add):
    held = [await database.commits.pool.acquire() for _ in range(CONNECTIONS)]
    tasks = [asyncio.create_task(add(name)) for name in ("first", "second", "third")]
    await asyncio.sleep(0.05)

    tasks[0].cancel()  # the one that waits for a connection on behalf of all
    tasks[2].cancel()
    await asyncio.sleep(0)
    for connection in held:
        database.commits.pool.release(connection)

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert outcomes[1] == "second"
    assert [type(outcomes[0]), type(outcomes[2])] == [asyncio.CancelledError] * 2
    assert await _names(onlooker) == {"second"}


async def test_when_all_have_given_up_postgresql_stops(database, onlooker, add, holder):
    tasks = [asyncio.create_task(add(name)) for name in ("first", "taken", "last")]
    await eventually(lambda: _is_waited_for(onlooker))

    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    await eventually(lambda: _nobody_waits(onlooker), 1)
    await holder.commit()
    assert await _names(onlooker) == {"taken"}
    assert await backends(database, "active") == 0


async def test_all_are_told_when_postgresql_goes_away(database, onlooker, add, holder):
    tasks = [asyncio.create_task(add(name)) for name in ("first", "taken", "last")]
    await eventually(lambda: _is_waited_for(onlooker))

    await onlooker.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'tenantry'"
    )
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    await holder.rollback()

    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 3
    assert await _names(onlooker) == set()
    assert list(await asyncio.gather(add("first"), add("last"))) == ["first", "last"]


async def test_a_table_that_changes_meanwhile_is_no_fault_of_theirs(onlooker, add):
    await asyncio.gather(add("first"), add("second"))
    await onlooker.execute("ALTER TABLE faults.thing ALTER COLUMN amount TYPE bigint")

    assert list(await asyncio.gather(add("third"), add("fourth"))) == ["third", "fourth"]
