"""Webhooks on their own, and a customer who listens."""

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import pytest
import pytest_asyncio
from tenantry.webhooks.v1.webhooks_service_pb2_grpc import WebhooksServiceStub

from server.kernel.migrate import KERNEL, History
from server.kernel.subdomain import Platform, Subdomain
from server.subdomains.event_notifications.wiring import event_notifications
from server.subdomains.webhooks import wiring
from server.subdomains.webhooks.wiring import webhooks
from tests.cast import HISTORY, Cast, Player, cast_of_tests
from tests.harness import Running, fresh_database, running
from tests.webhooks.customer import Customer, new_customer
from tests.webhooks.receiver import Receiver, receiving


class Serve(Protocol):
    """Starts a server whose settings differ."""

    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[Running]: ...


def compose(platform: Platform) -> list[Subdomain]:
    return [cast_of_tests(platform), event_notifications(platform), webhooks(platform)]


@pytest_asyncio.fixture(scope="session")
async def dsn(postgres: str, database_name: str) -> AsyncIterator[str]:
    histories = [KERNEL, HISTORY, History("webhooks", wiring.MIGRATIONS)]
    async with fresh_database(postgres, f"{database_name}_webhooks", histories) as found:
        yield found


@pytest_asyncio.fixture(scope="session")
async def server(dsn: str) -> AsyncIterator[Running]:
    async with running(dsn, compose) as found:
        yield found


@pytest.fixture
def serve(dsn: str) -> Serve:
    @asynccontextmanager
    async def start(**settings: Any) -> AsyncIterator[Running]:
        names = {f"TENANTRY_{name}".upper(): str(value) for name, value in settings.items()}
        os.environ.update(names)
        try:
            async with running(dsn, compose) as found:
                yield found
        finally:
            for name in names:
                del os.environ[name]

    return start


@pytest_asyncio.fixture(autouse=True)
async def _clean(server: Running) -> AsyncIterator[None]:
    yield
    server.clock.run()
    await server.rows("DELETE FROM kernel.delivery")


@pytest_asyncio.fixture
async def webhooks_service(server: Running) -> WebhooksServiceStub:
    return WebhooksServiceStub(server.channel)


@pytest_asyncio.fixture
async def cast(server: Running) -> Cast:
    return Cast(server)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@pytest_asyncio.fixture
async def customer(server: Running, cast: Cast) -> Customer:
    return await new_customer(server, cast)


@pytest_asyncio.fixture
async def operator(cast: Cast) -> Player:
    return await cast.member(platform_roles=("platform_standard", "platform_operations"))
