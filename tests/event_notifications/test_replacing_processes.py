"""Subscriptions while processes come and go: newer versions, starts at the same time, workers that die."""

import asyncio
import logging
from datetime import timedelta

import asyncpg

from server.kernel import ids
from server.kernel.bus import backfill
from server.kernel.bus.backfill import Backfill
from server.kernel.bus.bus import Subscription
from server.kernel.bus.registration import Registration
from server.kernel.deliveries.engine import Engine, EngineSettings
from server.kernel.deliveries.messages import Queue
from tests.event_notifications.things import Thing, ThingEnded, ThingHappened, publish

NAME = "tenantry-newcomer"
EVERYTHING = Subscription(NAME, None)
BEGINNING = Subscription(NAME, None, from_beginning=True)


async def test_a_process_that_goes_on_takes_no_event_from_one_that_wants_more(database, register, given):
    """While a new version replaces an old one, the old one goes on saying what it knows."""
    old = Registration(database, [Subscription(NAME, [ThingEnded.name])])
    await old.register()
    await register(Subscription(NAME, [ThingHappened.name]))

    await old.keep()
    await publish(database, Thing().happens("new").ends())

    assert await given() == [(NAME, "new")]


async def test_a_process_that_goes_on_takes_no_event_from_one_that_wants_everything(database, register, given):
    old = Registration(database, [Subscription(NAME, [ThingEnded.name])])
    await old.register()
    await register(EVERYTHING)

    await old.keep()
    await publish(database, Thing().happens("new"))

    assert await given() == [(NAME, "new")]


async def test_two_processes_that_register_against_each_other_both_do_in_the_end(address, database, register, rows):
    await register(Subscription("tenantry-a", None), Subscription("tenantry-b", [ThingEnded.name]))
    other = await asyncpg.connect(address)
    transaction = other.transaction()
    await transaction.start()
    await other.execute("UPDATE kernel.subscription SET seen_at = now() WHERE name = 'tenantry-a'")
    registration = Registration(database, [Subscription("tenantry-a", None), Subscription("tenantry-b", None)])

    starting = asyncio.create_task(registration.start())
    await asyncio.sleep(0.3)
    await other.execute("UPDATE kernel.subscription SET seen_at = now() WHERE name = 'tenantry-b'")
    await transaction.commit()
    await other.close()
    await starting

    async with asyncio.timeout(5):
        while await rows("SELECT event_names FROM kernel.subscription WHERE name = 'tenantry-b'") != [(None,)]:
            await asyncio.sleep(0.05)
    await registration.stop()


async def test_one_that_comes_back_is_given_everything_again(database, register, given, clock, monkeypatch):
    monkeypatch.setattr(backfill, "_MOST_BATCHES", 1)
    mine = Backfill(database)
    await publish(database, Thing().happens("first"))
    await register(BEGINNING)
    await mine.run()  # is through, but has not let it go
    await Backfill(database).run()
    await Backfill(database).run()
    monkeypatch.setattr(backfill, "_MOST_BATCHES", 2)
    await Backfill(database).run()  # another process has
    await given()
    clock.advance(timedelta(days=2))
    await mine.run()
    await Registration(database, []).keep()

    await register(BEGINNING)
    await mine.run()

    assert await given() == [(NAME, "first")]


async def test_an_event_that_kills_its_workers_holds_its_stream_and_is_a_crash(database, register, clock, caplog):
    await register(EVERYTHING)
    await publish(database, Thing().happens("killer"))
    engine = Engine(database, EngineSettings(most_attempts=1))
    assert len(await engine.claim(Queue.DOMAIN_EVENTS, 1, ids.uuid7())) == 1

    clock.advance(timedelta(seconds=31))
    assert await engine.claim(Queue.DOMAIN_EVENTS, 1, ids.uuid7()) == []

    [crash] = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert (crash.getMessage(), crash.site) == ("a dead event holds its stream", f"deliveries.{NAME}")
