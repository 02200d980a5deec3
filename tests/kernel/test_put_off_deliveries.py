"""Deliveries that wait for a reason: put off, asked to wait, forgotten and revived by the lane."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from server.kernel import ids
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.database import Database
from server.kernel.deliveries.carrying import deliver_each
from server.kernel.deliveries.engine import Engine, EngineSettings
from server.kernel.deliveries.lanes import forget_lanes, revive_lanes
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.deliveries.outcomes import Outcome, Result, TryLater
from server.kernel.migrate import KERNEL
from tests.harness import SettableClock, fresh_database
from tests.messages import message

PATIENCE = EngineSettings(most_attempts=2, backoff_base=timedelta(seconds=10), backoff_factor=1)
PUT_OFF = Result(None, Outcome.RETRY_LATER, "BUSY", retry_after=timedelta(seconds=30), is_put_off=True)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest_asyncio.fixture
async def database(postgres: str, database_name: str, clock: SettableClock) -> AsyncIterator[Database]:
    async with fresh_database(postgres, f"{database_name}_put_off", [KERNEL]) as dsn:
        database = Database(dsn, clock=clock)
        await database.start()
        set_current_call(service_call("test"))
        yield database
        await database.stop()


@pytest.fixture
def engine(database: Database) -> Engine:
    return Engine(database, PATIENCE)


async def queue(database: Database, lane: str = "one/a", position: int = 0) -> None:
    async with database.begin() as uow:
        uow.deliver(Message(Queue.USAGES, {}, lane=lane, position=position))


async def settle(engine: Engine, result: Result) -> int:
    """Claim what is due and let all of it end like this; how many there were."""
    lease = ids.uuid7()
    claimed = await engine.claim(Queue.USAGES, 10, lease)
    await engine.settle(Queue.USAGES, claimed, [result] * len(claimed), lease)
    return len(claimed)


async def test_what_is_put_off_comes_again_when_it_said_and_never_dies_of_it(database, engine, clock):
    await queue(database)

    for _ in range(5):
        assert await settle(engine, PUT_OFF) == 1
        assert await settle(engine, PUT_OFF) == 0
        clock.advance(timedelta(seconds=31))

    assert await settle(engine, Result(None, Outcome.DELIVERED)) == 1


async def test_whoever_asks_to_wait_is_waited_for_and_never_tried_sooner_than_the_backoff(database, engine, clock):
    await queue(database, "long")
    await settle(engine, Result(None, Outcome.RETRY_LATER, retry_after=timedelta(hours=1)))
    clock.advance(timedelta(minutes=59))
    assert await settle(engine, PUT_OFF) == 0
    clock.advance(timedelta(minutes=2))
    assert await settle(engine, Result(None, Outcome.DELIVERED)) == 1

    await queue(database, "short")
    await settle(engine, Result(None, Outcome.RETRY_LATER, retry_after=timedelta(seconds=1)))
    clock.advance(timedelta(seconds=7))
    assert await settle(engine, PUT_OFF) == 0


async def test_a_refusal_says_whether_it_was_an_attempt_and_how_long_to_wait():
    set_current_call(service_call("test"))

    async def carry(_: object) -> None:
        raise TryLater("Not now.", after=timedelta(seconds=5), is_put_off=True)

    [result] = await deliver_each([message()], lambda received: received, carry, at_once=1)

    assert (result.outcome, result.retry_after, result.is_put_off) == (
        Outcome.RETRY_LATER,
        timedelta(seconds=5),
        True,
    )


async def test_lanes_are_forgotten_by_how_they_begin(database, engine):
    for lane in ("one/a", "one/b", "onetwo/a", "two/a"):
        await queue(database, lane)

    async with database.begin() as uow:
        assert await forget_lanes(uow, Queue.USAGES, "one/") == 2
        assert await forget_lanes(uow, Queue.AUDITS, "two/") == 0

    assert await settle(engine, Result(None, Outcome.DELIVERED)) == 2


async def test_the_dead_of_a_lane_live_again_from_some_time_on(database, engine, clock):
    # given
    await queue(database, "one/a")
    clock.advance(timedelta(hours=1))
    since = clock()
    await queue(database, "one/b")
    await queue(database, "two/a")
    assert await settle(engine, Result(None, Outcome.REFUSED, "NO")) == 3

    # when
    async with database.begin() as uow:
        assert await revive_lanes(uow, Queue.USAGES, "one/", since=since, now=clock()) == 1

    # then
    assert await settle(engine, Result(None, Outcome.DELIVERED)) == 1


async def test_what_is_put_off_without_a_time_waits_like_a_first_failure(database, engine, clock):
    await queue(database)
    assert await settle(engine, Result(None, Outcome.RETRY_LATER, is_put_off=True)) == 1

    assert await settle(engine, PUT_OFF) == 0
    clock.advance(timedelta(seconds=13))
    assert await settle(engine, Result(None, Outcome.DELIVERED)) == 1


async def test_nobody_is_waited_for_beyond_the_calendar(database, engine, clock):
    await queue(database, "a")
    await queue(database, "b")
    lease = ids.uuid7()
    claimed = await engine.claim(Queue.USAGES, 10, lease)

    results = [Result(None, Outcome.RETRY_LATER, retry_after=each) for each in (timedelta.max, timedelta.min)]
    await engine.settle(Queue.USAGES, claimed, results, lease)

    clock.advance(timedelta(seconds=13))
    assert len(await engine.claim(Queue.USAGES, 10, ids.uuid7())) == 1
    clock.advance(timedelta(days=2))
    assert len(await engine.claim(Queue.USAGES, 10, ids.uuid7())) == 1
