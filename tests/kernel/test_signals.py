"""Notices between processes: heard by all, soon, and known to be missed when they may be."""

import asyncio

import pytest_asyncio

from server.kernel.database import Database


async def until(is_true, seconds=5.0):
    """Wait for something to become true."""
    async with asyncio.timeout(seconds):
        while not is_true():
            await asyncio.sleep(0.005)


@pytest_asyncio.fixture
async def processes(probe_dsn):
    """Two processes that hear each other, and what each has heard on the channel `news`."""
    made = []
    for _ in range(2):
        database = Database(probe_dsn, pool_size=2)
        heard: list[str] = []
        database.signals.on("news", heard.append)
        await database.start()
        made.append((database, heard))
    for database, _ in made:
        await until(lambda database=database: database.signals.is_connected)
    yield made
    for database, _ in made:
        await database.stop()


async def end_listening(onlooker):
    await onlooker.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'tenantry-signals' AND datname = current_database()"
    )


async def test_a_notice_reaches_this_process_at_once_and_the_other_soon(processes):
    (here, heard_here), (_, heard_there) = processes

    here.signals.send("news", "payload é")

    assert heard_here == ["payload é"]
    await until(lambda: heard_there, 0.5)
    assert heard_there == ["payload é"]


async def test_many_equal_notices_are_sent_as_one(processes):
    (here, _), (_, heard_there) = processes

    for _ in range(100):
        here.signals.send("news", "same")
    here.signals.send("news", "other")
    await until(lambda: len(heard_there) >= 2)
    await asyncio.sleep(0.1)

    assert sorted(heard_there) == ["other", "same"]


async def test_a_notice_that_nobody_listens_to_harms_nobody(processes):
    (here, _), (_, heard_there) = processes

    here.signals.send("unknown", "x")
    here.signals.send("news", "y")

    await until(lambda: heard_there)
    assert heard_there == ["y"]


async def test_a_process_that_hears_nothing_knows_it_and_hears_again_later(processes, onlooker):
    # given
    (here, _), (there, heard_there) = processes
    lost = []
    there.signals.on_loss(lambda: lost.append(there.signals.is_connected))

    # when
    await end_listening(onlooker)
    await until(lambda: lost, 2)
    await until(lambda: there.signals.is_connected and here.signals.is_connected)
    here.signals.send("news", "again")

    # then
    assert lost[0] is False
    await until(lambda: "again" in heard_there, 1)


async def test_a_connection_that_is_closed_is_missed_at_once(probe_dsn, onlooker, monkeypatch):
    monkeypatch.setattr("server.kernel.database.signals._PROBE_SECONDS", 3600)  # it is never asked
    database = Database(probe_dsn, pool_size=1)
    lost = []
    database.signals.on_loss(lambda: lost.append(True))
    await database.start()
    await until(lambda: database.signals.is_connected)

    await end_listening(onlooker)

    await until(lambda: lost, 30)
    await database.stop()


async def test_what_is_left_is_sent_at_the_end(processes, probe_dsn):
    (_, _), (_, heard_there) = processes
    leaving = Database(probe_dsn, pool_size=1)
    await leaving.start()

    leaving.signals.send("news", "last words")
    await leaving.stop()

    await until(lambda: heard_there, 1)
    assert heard_there == ["last words"]


async def test_a_process_without_postgresql_is_not_connected_and_harms_nobody():
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    await database.start()

    database.signals.send("news", "nobody hears")
    await asyncio.sleep(0.05)

    assert not database.signals.is_connected
    assert not await database.is_reachable()
    await database.stop()


async def test_a_process_that_hears_nobody_still_reaches_its_database(probe_dsn):
    database = Database(probe_dsn, pool_size=1)  # not started

    assert not database.signals.is_connected
    assert await database.is_reachable()
    await database.stop()
