"""Event notifications, and a subdomain that publishes and listens."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from tenantry.event_notifications.v1.event_notifications_service_pb2_grpc import EventNotificationsServiceStub

from server.kernel.access.caller import service_call, set_current_call
from server.kernel.bus.registration import Registration
from server.kernel.database import Database
from server.kernel.deliveries.drain import drain
from server.kernel.deliveries.engine import Engine, EngineSettings
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.ids import new_id
from server.kernel.migrate import KERNEL
from server.kernel.subdomain import Carrier
from server.subdomains.event_notifications.wiring import event_notifications
from tests.cast import HISTORY, Cast, Player, cast_of_tests
from tests.event_notifications.things import Listener, Reactor, things
from tests.harness import Running, SettableClock, fresh_database, running


@pytest.fixture(scope="session")
def the_listener() -> Listener:
    return Listener()


@pytest.fixture(scope="session")
def the_reactor() -> Reactor:
    return Reactor()


@pytest_asyncio.fixture(scope="session")
async def server(
    postgres: str, database_name: str, the_listener: Listener, the_reactor: Reactor
) -> AsyncIterator[Running]:
    parts = [cast_of_tests, event_notifications, things(the_listener, the_reactor)]
    async with (
        fresh_database(postgres, f"{database_name}_event_notifications", [KERNEL, HISTORY]) as dsn,
        running(dsn, lambda platform: [part(platform) for part in parts], host_region="test") as found,
    ):
        yield found


@pytest_asyncio.fixture(autouse=True)
async def _clean(server: Running, the_listener: Listener, the_reactor: Reactor) -> AsyncIterator[None]:
    yield
    server.clock.run()
    the_listener.forget()
    the_reactor.heard.clear()
    the_reactor.failing.clear()
    await server.rows("DELETE FROM kernel.delivery")
    await server.rows("DELETE FROM kernel.notification")
    await server.rows("DELETE FROM kernel.paused_queue")


@pytest.fixture
def listener(the_listener: Listener) -> Listener:
    return the_listener


@pytest.fixture
def reactor(the_reactor: Reactor) -> Reactor:
    return the_reactor


@pytest.fixture
def notifications(server: Running) -> EventNotificationsServiceStub:
    return EventNotificationsServiceStub(server.channel)


@pytest_asyncio.fixture
async def operator(server: Running) -> Player:
    roles = ("platform_standard", "platform_operations")
    return await Cast(server).member(new_id("org"), platform_roles=roles)


@pytest_asyncio.fixture
async def member(server: Running) -> Player:
    return await Cast(server).member(new_id("org"))


# A database without a server, for those who subscribe.


@pytest.fixture
def clock():
    return SettableClock()


@pytest_asyncio.fixture(scope="module")
async def address(postgres: str, database_name: str) -> AsyncIterator[str]:
    async with fresh_database(postgres, f"{database_name}_subscribing", [KERNEL]) as dsn:
        yield dsn


@pytest_asyncio.fixture
async def database(address: str, clock: SettableClock) -> AsyncIterator[Database]:
    connection = await asyncpg.connect(address)
    tables = ("event", "delivery", "subscription", "subscription_organization", "notification")
    await connection.execute(f"TRUNCATE {', '.join(f'kernel.{table}' for table in tables)}")
    await connection.close()
    found = Database(address, clock=clock, pool_size=6)
    set_current_call(service_call("call-of-a-test"))
    yield found
    await found.stop()


@pytest.fixture
def register(database):
    async def of(*subscriptions):
        await Registration(database, subscriptions).register()

    return of


@pytest.fixture
def given(database):
    """Carries out everything on the bus, and says what each subscription was given."""

    async def carried():
        seen: list[tuple[str | None, str]] = []

        async def carry(claimed):
            seen.extend((each.subscription, each.message) for each in claimed)
            return [Result(None, Outcome.DELIVERED) for _ in claimed]

        carrier = Carrier(Queue.DOMAIN_EVENTS, "", carry, pack=list)
        engine = Engine(database, EngineSettings())
        await drain(engine, {Queue.DOMAIN_EVENTS: carrier}, Queue.DOMAIN_EVENTS)
        return [(name, text.partition('what\\":\\"')[2].partition("\\")[0]) for name, text in seen]

    return carried


@pytest.fixture
def rows(address):
    """What the database really holds."""

    async def fetched(sql, *arguments):
        connection = await asyncpg.connect(address)
        try:
            return [tuple(row) for row in await connection.fetch(sql, *arguments)]
        finally:
            await connection.close()

    return fetched
