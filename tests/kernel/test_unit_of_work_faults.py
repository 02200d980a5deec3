"""Units of work in which something goes wrong, or that are used in unusual ways."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from server.kernel import ids
from server.kernel.access.caller import Call, service_call, set_current_call
from server.kernel.database import Database
from server.kernel.database.unit_of_work import NotCommitted
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.errors import ConcurrentModification, StoreUnavailable
from tests.kernel.faults import (
    ADD,
    ADD_OWNED,
    FIND,
    LOCK,
    SAVE,
    NameTaken,
    backends,
    fault_database,
    outside,
    owned,
    thing,
)

_SLEEPING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"


@pytest_asyncio.fixture
async def database(postgres: str, database_name: str) -> AsyncIterator[Database]:
    async with fault_database(postgres, f"{database_name}_unit_faults", pool_size=3) as found:
        yield found


@pytest_asyncio.fixture
async def keeping_call() -> AsyncIterator[Call]:
    """A call whose answer is to be kept with what it does."""
    call = service_call("a-call-that-is-kept")
    call.holds_commit = True
    set_current_call(call)
    yield call
    set_current_call(service_call("whatever comes next"))


async def _nothing_is_open(database: Database) -> None:
    assert database.pool._open == len(database.pool._idle)
    assert await backends(database, "idle in transaction") == 0


async def test_a_swallowed_refusal_is_not_taken_for_success(database):
    with pytest.raises(NotCommitted):
        async with database.begin() as uow:
            await uow.write(ADD, {"name": "first", "amount": 1})
            await uow.fetch_one(FIND, {"name": "first"})
            await uow.write(ADD, {"name": "first", "amount": 2}, {"thing_pkey": NameTaken()})
            with pytest.raises(NameTaken):
                await uow.fetch_one(FIND, {"name": "first"})

    assert await database.reader.fetch_one(FIND, {"name": "first"}) is None
    await _nothing_is_open(database)


async def test_the_second_unit_of_work_of_a_kept_call_sees_the_first_and_waits_for_no_lock_of_it(
    database, keeping_call
):
    async with asyncio.timeout(5):
        async with database.begin() as uow:
            await uow.write(ADD, {"name": "first", "amount": 1})
        async with database.begin() as uow:
            found = await uow.fetch_one(LOCK, {"name": "first"})
            assert found is not None
            await uow.write(SAVE, {"which": "first", "amount": 2})

    assert keeping_call.held is not None
    await keeping_call.held.complete()
    await _nothing_is_open(database)


async def test_a_step_of_a_kept_call_sees_what_was_done_before(database, keeping_call):
    async with asyncio.timeout(5):
        async with database.begin() as uow:
            await uow.write(ADD, {"name": "first", "amount": 1})
        async with database.begin(is_step=True) as uow:
            assert await uow.fetch_one(LOCK, {"name": "first"}) is not None

    assert keeping_call.held is None
    await _nothing_is_open(database)


async def test_a_held_unit_of_work_that_fails_takes_no_other_with_it(database, keeping_call):
    with pytest.raises(StoreUnavailable):
        async with database.begin() as outer:
            await outer.fetch_one(FIND, {"name": "any"})
            async with database.begin() as inner:
                await inner.write(ADD, {"name": "lost", "amount": 1})
            inner._connection.raw.terminate()  # it is held, and will not be able to commit

    await _nothing_is_open(database)


async def test_a_deadlock_is_a_lost_race(database):
    async with database.begin() as uow:
        for name in ("a", "b"):
            await uow.write(ADD, {"name": name, "amount": 1})

    async def lock(first: str, second: str) -> None:
        async with database.begin() as uow:
            await uow.fetch_one(LOCK, {"name": first})
            await asyncio.sleep(0.1)
            await uow.fetch_one(LOCK, {"name": second})

    ended = await asyncio.gather(lock("a", "b"), lock("b", "a"), return_exceptions=True)

    assert sorted(type(end).__name__ for end in ended) == ["ConcurrentModification", "NoneType"]
    assert any(isinstance(end, ConcurrentModification) for end in ended)
    await _nothing_is_open(database)


async def test_a_query_that_an_administrator_cancels_may_be_tried_again(database):
    async def work() -> None:
        async with database.begin() as uow:
            await uow.fetch_one(select(func.pg_sleep(20).label("slept")), {})

    task = asyncio.create_task(work())
    async with outside(database) as connection:
        while (pid := await connection.fetchval(_SLEEPING)) is None:
            await asyncio.sleep(0.05)
        await connection.execute("SELECT pg_cancel_backend($1)", pid)

    with pytest.raises(StoreUnavailable):
        await task
    await _nothing_is_open(database)


async def test_a_write_that_reads_what_another_writes_comes_after_it(database):
    copy = insert(thing).from_select(
        ["name", "amount"],
        select(bindparam("copy", type_=thing.c.name.type), thing.c.amount).where(
            thing.c.name == bindparam("original", type_=thing.c.name.type)
        ),
    )
    async with database.begin() as uow:
        await uow.write(ADD, {"name": "original", "amount": 7})
        await uow.write(copy, {"original": "original", "copy": "copy"})

    found = await database.reader.fetch_one(FIND, {"name": "copy"})
    assert found is not None
    assert found.amount == 7


async def test_a_change_that_depends_on_another_table_comes_after_the_write_to_it(database):
    org = ids.new_id("org")
    async with database.begin(org) as uow:
        await uow.write(ADD, {"name": "watched", "amount": 1})
    follow = (
        update(thing)
        .where(thing.c.name == bindparam("which"), select(owned.c.name).where(owned.c.name == "new").exists())
        .values(amount=2)
    )

    async with database.begin(org) as uow:
        await uow.write(ADD_OWNED, {"organization_id": org, "name": "new"})
        await uow.write(follow, {"which": "watched"})

    found = await database.reader.fetch_one(FIND, {"name": "watched"})
    assert found.amount == 2


async def test_two_upserts_of_one_row_are_both_done(database):
    new = insert(thing)
    upsert = new.values(name=bindparam("name"), amount=bindparam("amount")).on_conflict_do_update(
        index_elements=[thing.c.name], set_={"amount": new.excluded.amount}
    )
    async with database.begin() as uow:
        await uow.write(upsert, {"name": "twice", "amount": 1})
        await uow.write(upsert, {"name": "twice", "amount": 2})

    found = await database.reader.fetch_one(FIND, {"name": "twice"})
    assert found.amount == 2


async def test_any_insert_of_an_organizations_row_is_within_its_organization(database):
    org = ids.new_id("org")
    explicit = insert(owned).values(organization_id=bindparam("organization_id"), name=bindparam("name"))

    async with database.begin(org) as uow:
        await uow.write(explicit, {"organization_id": org, "name": "explicit"})

    async with outside(database) as connection:
        assert await connection.fetchval("SELECT count(*) FROM faults.owned WHERE name = 'explicit'") == 1


@pytest.mark.parametrize("within", [None, "another"])
async def test_a_row_of_an_organization_that_one_does_not_act_within_is_not_written(database, within):
    org = ids.new_id("org")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.begin(ids.new_id("org") if within else None) as uow:
            await uow.write(ADD_OWNED, {"organization_id": org, "name": "strange"})

    async with outside(database) as connection:
        assert await connection.fetchval("SELECT count(*) FROM faults.owned") == 0
    await _nothing_is_open(database)


async def test_a_message_belongs_to_the_organization_in_which_it_was_queued(database):
    first, second = ids.new_id("org"), ids.new_id("org")

    async with database.begin(first) as uow:
        uow.deliver(Message(Queue.AUDITS, {"Number": 1}))
        await uow.act_within(second)
        uow.deliver(Message(Queue.AUDITS, {"Number": 2}))

    async with outside(database) as connection:
        rows = await connection.fetch("SELECT organization_id FROM kernel.delivery ORDER BY id")
    assert [row["organization_id"] for row in rows] == [ids.decode("org", first), ids.decode("org", second)]


async def test_thousands_of_writes_are_done_in_one_transaction(database):
    async with database.begin() as uow:
        for number in range(2_000):
            await uow.write(ADD, {"name": f"many-{number}", "amount": number})

    async with outside(database) as connection:
        assert await connection.fetchval("SELECT count(*) FROM faults.thing") == 2_000
    assert sum(len(text) for text in database.merged._texts.values()) < 100_000


async def test_errors_of_the_database_name_no_value_of_a_row(database):
    canary = "canary-that-nobody-may-log"
    async with database.begin() as uow:
        await uow.write(ADD, {"name": canary, "amount": 1})

    with pytest.raises(asyncpg.UniqueViolationError) as raised:
        async with database.begin() as uow:
            await uow.write(ADD, {"name": canary, "amount": 1})
    assert canary not in str(raised.value)

    with pytest.raises(asyncpg.NotNullViolationError) as raised_too:
        async with database.begin() as uow:
            await uow.execute(insert(thing).values(name=bindparam("name")), {"name": canary})
    assert canary not in str(raised_too.value)
