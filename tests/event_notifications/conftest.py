"""Event notifications, and a subdomain that publishes and listens."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tenantry.event_notifications.v1.event_notifications_service_pb2_grpc import EventNotificationsServiceStub

from server.kernel.ids import new_id
from server.kernel.migrate import KERNEL
from server.subdomains.event_notifications.wiring import event_notifications
from tests.cast import HISTORY, Cast, Player, cast_of_tests
from tests.event_notifications.things import Listener, Reactor, things
from tests.harness import Running, fresh_database, running


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
