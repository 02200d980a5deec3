"""Emails on their own, with the capture store or a mail server that a test brings."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, Protocol

import pytest
import pytest_asyncio
from tenantry.emails.v1.emails_service_pb2_grpc import EmailsServiceStub

from server.kernel.migrate import KERNEL, History
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
    with _environment(mailgun_webhook_signing_key=SIGNING_KEY):
        serving = running(dsn, lambda platform: [cast_of_tests(platform), emails(platform)])
        found = await serving.__aenter__()
    yield found
    await serving.__aexit__(None, None, None)


@pytest.fixture
def serve(dsn: str) -> Serve:
    @asynccontextmanager
    async def start(**settings: Any) -> AsyncIterator[Running]:
        with _environment(**settings):
            async with running(dsn, lambda platform: [emails(platform)]) as found:
                yield found

    return start


@contextmanager
def _environment(**settings: Any) -> Iterator[None]:
    names = {f"TENANTRY_{name}".upper(): str(value) for name, value in settings.items()}
    os.environ.update(names)
    try:
        yield
    finally:
        for name in names:
            del os.environ[name]


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
