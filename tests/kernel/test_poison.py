"""Messages that do harm: they neither stop nor take along the others, and keep their place until somebody decides."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from server.kernel.access.caller import service_call, set_current_call
from server.kernel.database import Database, UnitOfWork
from server.kernel.deliveries.operations import Operations
from tests.kernel.faults import eventually, fault_database, outside
from tests.kernel.working import QUICK, ReceiverProcess, queue, standing, worker


@pytest_asyncio.fixture
async def database(postgres: str, database_name: str) -> AsyncIterator[Database]:
    async with fault_database(postgres, f"{database_name}_poison", pool_size=3) as found:
        set_current_call(service_call("test"))
        yield found


@pytest_asyncio.fixture
async def receiver(tmp_path: Path) -> AsyncIterator[ReceiverProcess]:
    async with ReceiverProcess(tmp_path).running() as found:
        yield found


async def test_a_message_that_kills_its_receiver_dies_alone(database, receiver):
    names = [f"n{number}" for number in range(25)]
    await queue(database, *names[:4], "killer", *names[4:])

    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(worker(database.pool._dsn, receiver.target))
        await eventually(lambda: _is(database, (0, 1)), seconds=40)

    assert sorted(receiver.carried_out) == sorted(names)
    assert receiver.starts > 1
    [dead] = await Operations(database).dead()
    assert (dead.reason, dead.attempts) == ("CALL_UNAVAILABLE", 4)


async def test_a_message_that_makes_its_receiver_hang_dies_alone(database, receiver):
    names = [f"n{number}" for number in range(15)]
    await queue(database, *names[:4], "sleeper", *names[4:])

    brief = replace(QUICK, lease=timedelta(seconds=7), most_attempts=3)  # two seconds for each call

    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(worker(database.pool._dsn, receiver.target, settings=brief))
        await eventually(lambda: _carried_out(receiver, names), seconds=9)
        await queue(database, "later")
        await eventually(lambda: _carried_out(receiver, [*names, "later"]), seconds=1.5)
        await eventually(lambda: _is(database, (0, 1)), seconds=30)

    [dead] = await Operations(database).dead()
    assert (dead.reason, dead.attempts) == ("CALL_DEADLINE_EXCEEDED", 3)


@pytest.mark.parametrize("decision", ["redriven", "discarded"])
async def test_a_poison_message_holds_its_lane_alone_until_somebody_decides(database, receiver, decision):
    await queue(database, "first", "poison", "third", "fourth", lane="car_1")
    await queue(database, "other-1", "poison-of-no-lane", "other-2")
    await queue(database, "second-lane-1", "second-lane-2", lane="car_2")
    others = {"first", "other-1", "other-2", "second-lane-1", "second-lane-2"}

    for _ in range(2):  # workers that start anew find it where it was
        async with worker(database.pool._dsn, receiver.target), worker(database.pool._dsn, receiver.target):
            await eventually(lambda: _carried_out(receiver, list(others)), seconds=8)
            await eventually(lambda: _is(database, (2, 2)))
    [dead, _] = sorted(await Operations(database).dead(), key=lambda each: each.id)
    assert (dead.reason, dead.attempts) == ("POISON", 1)

    receiver.have_mercy()
    async with worker(database.pool._dsn, receiver.target), worker(database.pool._dsn, receiver.target):
        async with database.begin() as uow:
            decide = Operations(database).discard if decision == "discarded" else _redrive(database)
            assert await decide(uow, [dead.id]) == 1
        await eventually(lambda: _is(database, (0, 1)), seconds=8)

    in_lane = [name for name in receiver.carried_out if name not in others]
    assert in_lane == (["poison"] if decision == "redriven" else []) + ["third", "fourth"]


async def test_messages_that_are_too_large_are_dead_at_once_and_the_others_go(database, receiver):
    await queue(database, "size-0", Filler="")
    async with outside(database) as connection:
        rest = await connection.fetchval("SELECT octet_length(message) FROM kernel.delivery")
    fits = 1024 * 1024 - rest
    for name, length in [("size-1", fits), ("size-2", fits + 1), ("size-3", 10_000_000), ("size-4", fits)]:
        await queue(database, name, Filler="é" * (length // 2) + "x" * (length % 2))
    await queue(database, "size-5", lane="car_1")

    async with worker(database.pool._dsn, receiver.target):
        await eventually(lambda: _is(database, (0, 2)), seconds=8)

    assert sorted(receiver.carried_out) == ["size-0", "size-1", "size-4", "size-5"]
    dead = await Operations(database).dead()
    assert [(each.reason, each.attempts) for each in dead] == [("INVALID_MESSAGE", 1)] * 2
    assert receiver.starts == 1


def _redrive(database: Database) -> Callable[..., Awaitable[int]]:
    async def redrive(uow: UnitOfWork, message_ids: list[str]) -> int:
        return await Operations(database).redrive(uow, message_ids=message_ids)

    return redrive


async def _is(database: Database, depths: tuple[int, int]) -> bool:
    return await standing(database) == depths


async def _carried_out(receiver: ReceiverProcess, names: list[str]) -> bool:
    return set(receiver.carried_out) == set(names)
