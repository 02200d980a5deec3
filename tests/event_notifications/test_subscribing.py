"""Who is told: subscriptions begin, start from the beginning or from now, change, and go."""

import asyncio
import json
import logging
from datetime import timedelta
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import select
from tenantry.event_notifications.v1.event_notifications_service_pb2 import DeliverAllDomainEventsRequest

from server.kernel import ids
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.bus import backfill
from server.kernel.bus.backfill import Backfill
from server.kernel.bus.bus import Bus, Subscription
from server.kernel.bus.consumers import BusConsumer, Reaction
from server.kernel.bus.registration import Registration
from server.kernel.bus.settings import BusSettings
from server.kernel.bus.tables import subscription
from server.kernel.database import Database
from server.kernel.deliveries.engine import Engine, EngineSettings
from server.kernel.deliveries.messages import Queue
from server.kernel.events import DomainEvent
from server.kernel.settings import SettingsError
from server.kernel.subdomain import Subdomain
from tests.event_notifications.things import Reactor, Thing, ThingEnded, ThingHappened, publish

NAME = "tenantry-newcomer"
EVERYTHING = Subscription(NAME, None)
ANYTHING = select(subscription.c.name)
BEGINNING = Subscription(NAME, None, from_beginning=True)


async def test_a_new_subscription_is_told_from_now_on(database, register, given):
    await publish(database, Thing().happens("before"))

    await register(EVERYTHING)
    await publish(database, Thing().happens("after"))

    assert await given() == [(NAME, "after")]


async def test_whoever_has_begun_to_publish_is_waited_for(database, register, given):
    """Whatever commits after the subscription is there reaches it: nobody may fall between."""
    async with database.begin() as uow:
        await uow.publish(Thing().happens("too early"))
        await uow.fetch_all(ANYTHING, {})  # sends it, and does not commit
        registering = asyncio.create_task(register(EVERYTHING))
        await asyncio.sleep(0.2)
        assert not registering.done()
        late = asyncio.create_task(publish(database, Thing().happens("in between")))
        await asyncio.sleep(0.1)
    await asyncio.gather(registering, late)
    await publish(database, Thing().happens("after"))

    assert sorted(await given()) == [(NAME, "after"), (NAME, "in between")]


async def test_a_subscription_that_is_there_takes_no_lock(database, register):
    await register(EVERYTHING)
    async with database.begin() as uow:
        await uow.publish(Thing().happens("x"))
        await uow.fetch_all(ANYTHING, {})
        async with asyncio.timeout(2):
            await register(EVERYTHING)


async def test_a_subscription_may_take_some_events_only(database, register, given):
    await register(Subscription(NAME, [ThingEnded.name]), Subscription("tenantry-other", [ThingHappened.name]))

    await publish(database, Thing().happens("x").ends())

    assert sorted(await given()) == [(NAME, ""), ("tenantry-other", "x")]


async def test_a_subscription_that_changes_takes_what_it_wants_now(database, register, given):
    await register(Subscription(NAME, [ThingEnded.name]))
    await register(Subscription(NAME, [ThingEnded.name, ThingHappened.name]))

    await publish(database, Thing().happens("x"))

    assert await given() == [(NAME, "x")]


async def test_a_subscription_may_be_for_some_organizations_only(database, register, given, rows):
    mine = ids.new_id("org")
    await register(Subscription(NAME, None, is_by_organization=True))
    await rows("INSERT INTO kernel.subscription_organization VALUES ($1, $2)", NAME, ids.decode("org", mine))

    for organization_id in (mine, ids.new_id("org"), None):
        await publish(database, Thing().happens(f"of {organization_id == mine}"), organization_id=organization_id)

    assert await given() == [(NAME, "of True")]


async def test_one_that_starts_from_the_beginning_is_given_everything_in_order(
    database, register, given, monkeypatch, rows
):
    monkeypatch.setattr(backfill, "_BATCH", 2)
    thing = Thing().happens("1", "2", "3")
    await publish(database, thing, Thing().happens("other"))
    await register(BEGINNING)
    await publish(database, thing.happens("4"))
    assert await given() == []

    await Backfill(database).run()
    await publish(database, thing.happens("5"))

    found = await given()
    assert [what for _, what in found if what != "other"] == ["1", "2", "3", "4", "5"]
    assert len(found) == 6
    assert await rows("SELECT is_held FROM kernel.subscription") == [(False,)]


async def test_two_processes_that_go_through_the_past_double_nothing(database, register, given, monkeypatch):
    monkeypatch.setattr(backfill, "_BATCH", 1)
    await publish(database, *[Thing().happens(str(number)) for number in range(10)])
    await register(BEGINNING)

    await asyncio.gather(*[Backfill(database).run() for _ in range(3)])
    await Backfill(database).run()

    assert sorted(await given()) == [(NAME, str(number)) for number in range(10)]


async def test_one_that_was_interrupted_begins_anew_and_doubles_nothing(database, register, given, monkeypatch):
    monkeypatch.setattr(backfill, "_BATCH", 1)
    monkeypatch.setattr(backfill, "_MOST_BATCHES", 2)
    await publish(database, *[Thing().happens(str(number)) for number in range(3)])
    await register(BEGINNING)

    await Backfill(database).run()
    assert await given() == []
    patient = Backfill(database)
    for _ in range(3):
        await patient.run()

    assert await given() == [(NAME, "0"), (NAME, "1"), (NAME, "2")]


async def test_what_is_handled_already_is_not_given_again(database, register, given, rows):
    await publish(database, Thing().happens("done"), Thing().happens("new"))
    await rows(
        "INSERT INTO kernel.notification (event_id, subscription, status, created_at) "
        "SELECT id, $1, 'handled', now() FROM kernel.event WHERE data ->> 'what' = 'done'",
        NAME,
    )
    await register(BEGINNING)

    await Backfill(database).run()

    assert await given() == [(NAME, "new")]


async def test_one_that_nobody_knows_is_forgotten_after_a_day(database, register, given, clock, caplog, rows):
    await register(EVERYTHING)
    await publish(database, Thing().happens("never given"))
    clock.advance(timedelta(hours=23))
    await Registration(database, []).keep()
    assert await rows("SELECT name FROM kernel.subscription") == [(NAME,)]

    clock.advance(timedelta(hours=2))
    with caplog.at_level(logging.WARNING):
        await Registration(database, []).keep()

    assert await rows("SELECT name FROM kernel.subscription") == []
    assert await given() == []
    assert [record.undelivered for record in caplog.records] == [1]


async def test_one_that_somebody_knows_is_kept(database, register, clock, rows):
    registration = Registration(database, [EVERYTHING])
    await registration.register()
    for _ in range(3):
        clock.advance(timedelta(hours=20))
        await registration.keep()

    assert await rows("SELECT name FROM kernel.subscription") == [(NAME,)]


async def test_a_process_that_starts_before_its_database_subscribes_when_it_is_there(
    postgres, address, given, database, rows
):
    name = urlsplit(address).path.removeprefix("/")
    administrator = await asyncpg.connect(postgres)
    await administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    registration = Registration(database, [EVERYTHING])

    await registration.start()
    await administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    await administrator.close()
    while not await rows("SELECT 1 FROM kernel.subscription"):
        await asyncio.sleep(0.05)
    await registration.stop()

    await publish(database, Thing().happens("x"))
    assert await given() == [(NAME, "x")]


def bus_of(*subdomains, is_production=False, **settings):
    bus = Bus(BusSettings(**settings), is_production=is_production)
    bus.connect(subdomains)
    return bus


REACTIONS: dict[type[DomainEvent], list[Reaction]] = {ThingHappened: [Reactor().when_thing_happened_hear]}


def test_names_are_cut_and_written_with_dashes():
    consumer = BusConsumer(name="some_part.of-a-very-long-and-winding-name-that-never-ends", take=None)

    bus = bus_of(Subdomain(name="x", consumers=[consumer]), subscription_prefix="my.product_line")

    assert list(bus.names) == ["my-product-line-some-part-of-a-very-long-and-windi"]


def test_subdomains_of_a_group_have_one_subscription():
    parts = [Subdomain(name=name, group="identity", reactions=REACTIONS) for name in ("auth_tokens", "api_keys")]

    bus = bus_of(*parts)

    assert list(bus.names) == ["tenantry-identity"]
    [consumer] = bus.reactions[ThingHappened]
    assert len(consumer.handlers[ThingHappened]) == 2


def test_reactions_are_no_subscriptions_of_the_bus_unless_they_are_queued():
    part = Subdomain(name="the_things", reactions=REACTIONS)

    direct, queued = bus_of(part), bus_of(part, events_mode="queued")

    assert (direct.subscriptions, list(direct.reactions)) == ([], [ThingHappened])
    assert [each.name for each in queued.subscriptions] == ["tenantry-the-things"]
    assert (queued.reactions, queued.wanted_events) == ({}, {ThingHappened.name, *ThingHappened.was})


def test_production_does_not_queue_reactions():
    with pytest.raises(SettingsError, match="EVENTS_MODE"):
        bus_of(is_production=True, events_mode="queued")


def test_two_subscriptions_of_one_name_stop_the_start():
    other = {"subscription": "Tenantry-The-Things", "address": "127.0.0.1:1", "audience": "x"}

    with pytest.raises(SettingsError, match="twice"):
        bus_of(Subdomain(name="the_things", reactions=REACTIONS), event_subscribers=[other])


async def test_reactions_that_are_queued_are_served_over_the_bus(server, notifications, reactor):
    """The same server again, on the same database, with EVENTS_MODE=queued."""
    await notifications.DeliverAllDomainEvents(DeliverAllDomainEventsRequest())
    bus = bus_of(Subdomain(name="the_things", reactions=REACTIONS), events_mode="queued")
    queued = Database(server.dsn, clock=server.clock)
    queued.reactions, queued.wanted_events = bus.reactions, bus.wanted_events
    registration = Registration(queued, bus.subscriptions)
    await registration.register()
    try:
        await publish(queued, Thing().happens("later"))
        assert reactor.heard == []

        await notifications.DeliverAllDomainEvents(DeliverAllDomainEventsRequest())

        assert reactor.heard == ["later"]
        assert len(await server.queued("jobs", "reaction to later")) == 1
    finally:
        await server.rows("DELETE FROM kernel.subscription WHERE name = 'tenantry-the-things'")
        await queued.stop()


async def test_the_message_of_an_event_names_the_trace_of_the_call_in_which_it_happened(database, address):
    connection = await asyncpg.connect(address)
    await connection.execute("INSERT INTO kernel.subscription (name, created_at) VALUES ($1, now())", NAME)
    await connection.close()
    header = f"00-{'ab' * 16}-{'cd' * 8}-01"
    set_current_call(service_call("call-within-a-trace", traceparent=header))

    await publish(database, Thing().happens("this"))

    [claimed] = await Engine(database, EngineSettings()).claim(Queue.DOMAIN_EVENTS, 10, ids.uuid7())
    message = json.loads(claimed.message)
    assert (message["Traceparent"], message["CallId"]) == (header, "call-within-a-trace")
