"""Who somebody is, while that changes, while nobody hears of changes, and for very many people."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from server.kernel import ids
from server.kernel.access.principals import CHANNEL, Principals
from server.kernel.database import Database
from tests.kernel.faults import eventually, fault_database, outside


@pytest_asyncio.fixture
async def database(postgres: str, database_name: str) -> AsyncIterator[Database]:
    async with fault_database(postgres, f"{database_name}_principal_faults", pool_size=2) as found:
        found.signals.on(CHANNEL, lambda user_id: None)  # processes listen to what they know of when they start
        await found.start()
        yield found


class Slow(Principals):
    """Principals whose loads a test lets go on."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, {})
        self.loads = 0
        self.may_end = asyncio.Event()

    async def _load(self, key):
        self.loads += 1
        found = await super()._load(key)
        await self.may_end.wait()
        return found


async def test_who_starts_listens(database):
    assert database.signals.is_connected


async def test_a_change_during_a_load_is_not_overlooked(database):
    principals, user_id = Slow(database), ids.new_id("user")
    first = asyncio.create_task(principals.find(user_id, None))
    await eventually(lambda: _is(principals.loads == 1))

    database.signals.send(CHANNEL, user_id)
    principals.may_end.set()
    await first
    await principals.find(user_id, None)

    assert principals.loads == 2


async def test_changes_before_and_during_a_load_are_not_overlooked(database):
    principals, user_id = Slow(database), ids.new_id("user")
    first = asyncio.create_task(principals.find(user_id, None))
    await asyncio.sleep(0)  # the load is made, and has not begun
    database.signals._dispatch(CHANNEL, user_id)
    await eventually(lambda: _is(principals.loads == 1))

    database.signals._dispatch(CHANNEL, user_id)
    principals.may_end.set()
    await first
    await principals.find(user_id, None)

    assert principals.loads == 2


async def test_what_is_old_is_let_go_of(database, monkeypatch):
    monkeypatch.setattr("server.kernel.access.remembered._LIFETIME_SECONDS", 0.02)
    principals = Principals(database, {})
    for _ in range(60):
        await principals.find(ids.new_id("user"), ids.new_id("session"))
    await asyncio.sleep(0.03)
    await principals.find(ids.new_id("user"), None)

    assert len(principals._remembered) == len(principals._keys_of_user) == 1


async def test_there_are_never_too_many(database, monkeypatch):
    monkeypatch.setattr("server.kernel.access.remembered._LIFETIME_SECONDS", 60)
    monkeypatch.setattr("server.kernel.access.remembered._MOST", 10)
    principals = Principals(database, {})
    user_id = ids.new_id("user")
    for _ in range(30):
        await principals.find(user_id, ids.new_id("session"))

    assert len(principals._remembered) == 10
    assert len(principals._keys_of_user[user_id]) == 10


async def test_every_session_of_a_user_is_dropped_in_every_process(database):
    here, there = Principals(database, {}), Database(database.pool._dsn, pool_size=1)
    await there.start()
    user_id = ids.new_id("user")
    for session_id in (ids.new_id("session"), ids.new_id("session"), None):
        await here.find(user_id, session_id)
    await here.find(ids.new_id("user"), None)

    async with there.begin() as uow:
        uow.notify(CHANNEL, user_id)

    await eventually(lambda: _is(len(here._remembered) == 1), 0.5)
    await there.stop()


async def test_while_nobody_hears_nothing_is_remembered_and_hearing_comes_back(database):
    principals = Principals(database, {})
    await principals.find(ids.new_id("user"), None)
    async with outside(database) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'tenantry-signals' AND datname = current_database()"
        )

    await eventually(lambda: _is(not principals._remembered), 1.0)
    await eventually(lambda: _is(database.signals.is_connected), 3.0)
    user_id = ids.new_id("user")
    await principals.find(user_id, None)
    async with outside(database) as connection:
        await connection.execute("SELECT pg_notify('tenantry_principals', $1)", user_id)
    await eventually(lambda: _is(not principals._remembered), 0.5)


async def test_whatever_fails_while_telling_others_the_next_notice_is_told(database, monkeypatch):
    heard: list[str] = []
    there = Database(database.pool._dsn, pool_size=1)
    there.signals.on("things", heard.append)
    await there.start()
    original = database.pool.acquire

    async def fail() -> None:
        raise asyncpg.InvalidAuthorizationSpecificationError("permission denied to set role")

    monkeypatch.setattr(database.pool, "acquire", fail)
    database.signals.send("things", "lost")
    await asyncio.sleep(0.1)
    monkeypatch.setattr(database.pool, "acquire", original)
    database.signals.send("things", "told")

    await eventually(lambda: _is(heard == ["told"]), 2.0)
    await there.stop()


async def test_a_thousand_notices_at_once_are_one_statement(database):
    heard: list[str] = []
    there = Database(database.pool._dsn, pool_size=1)
    there.signals.on("things", heard.append)
    await there.start()
    started = time.monotonic()

    for number in range(1_000):
        database.signals.send("things", f"it's {number}")

    await eventually(lambda: _is(len(heard) == 1_000), 3.0)
    assert time.monotonic() - started < 3
    connection = await database.pool.acquire()
    assert len([sql for sql in connection._prepared if "pg_notify" in sql]) == 1
    database.pool.release(connection)
    await there.stop()


async def test_a_process_starts_without_a_database_and_says_so():
    database = Database("postgresql://nobody@127.0.0.1:1/none", pool_size=1)
    async with asyncio.timeout(10):
        await database.start()

    assert not database.signals.is_connected
    await database.stop()


async def _is(value: bool) -> bool:
    return value
