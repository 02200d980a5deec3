"""Emails on their own, with the capture store or a mail server that a test brings."""

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

import pytest
import pytest_asyncio
from tenantry.emails.v1.emails_service_pb2_grpc import EmailsServiceStub

from server.app import Compose
from server.kernel.migrate import KERNEL, History
from server.kernel.subdomain import Platform, Subdomain
from server.subdomains.ancillary.emails import wiring
from server.subdomains.ancillary.emails.wiring import emails
from tests.cast import HISTORY, Cast, cast_of_tests
from tests.emails.reports import SIGNING_KEY
from tests.harness import Running, fresh_database, running


class Serve(Protocol):
    """Starts a server whose settings differ."""

    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[Running]: ...


@pytest_asyncio.fixture(scope="session")
async def dsn(postgres: str, database_name: str) -> AsyncIterator[str]:
    histories = [KERNEL, HISTORY, History("emails", wiring.MIGRATIONS)]
    async with fresh_database(postgres, f"{database_name}_emails", histories) as found:
        yield found


@pytest_asyncio.fixture(scope="session")
async def server(dsn: str) -> AsyncIterator[Running]:
    def compose(platform: Platform) -> list[Subdomain]:
        return [cast_of_tests(platform), emails(platform)]

    async with _running_with(dsn, compose, mailgun_webhook_signing_key=SIGNING_KEY) as found:
        yield found


@pytest.fixture
def serve(dsn: str) -> Serve:
    return lambda **settings: _running_with(dsn, lambda platform: [emails(platform)], **settings)


@asynccontextmanager
async def _running_with(dsn: str, compose: Compose, **settings: Any) -> AsyncIterator[Running]:
    """A server with these settings, which are read as it is built."""
    names = {f"TENANTRY_{name}".upper(): str(value) for name, value in settings.items()}
    async with AsyncExitStack() as stack:
        os.environ.update(names)
        try:
            found = await stack.enter_async_context(running(dsn, compose))
        finally:
            for name in names:
                os.environ.pop(name, None)
        yield found


@pytest_asyncio.fixture(autouse=True)
async def _clean(server: Running) -> AsyncIterator[None]:
    yield
    server.clock.run()
    await server.rows("DELETE FROM kernel.delivery")


@pytest_asyncio.fixture
async def emails_service(server: Running) -> EmailsServiceStub:
    return EmailsServiceStub(server.channel)


@pytest_asyncio.fixture
async def cast(server: Running) -> Cast:
    return Cast(server)
