"""Usages on their own, with the local store or a PostHog that a test brings."""

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import pytest
import pytest_asyncio
from tenantry.usages.v1.usages_service_pb2_grpc import UsagesServiceStub

from server.kernel.migrate import KERNEL, History
from server.subdomains.ancillary.usages import wiring
from server.subdomains.ancillary.usages.wiring import usages
from tests.cast import HISTORY, Cast, cast_of_tests
from tests.harness import Metadata, Running, fresh_database, running


class Serve(Protocol):
    """Starts a server whose settings differ."""

    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[Running]: ...


@pytest_asyncio.fixture(scope="session")
async def dsn(postgres: str, database_name: str) -> AsyncIterator[str]:
    histories = [KERNEL, HISTORY, History("usages", wiring.MIGRATIONS)]
    async with fresh_database(postgres, f"{database_name}_usages", histories) as found:
        yield found


@pytest_asyncio.fixture(scope="session")
async def server(dsn: str) -> AsyncIterator[Running]:
    async with running(dsn, lambda platform: [cast_of_tests(platform), usages(platform)]) as found:
        yield found


@pytest.fixture
def serve(dsn: str) -> Serve:
    @asynccontextmanager
    async def start(**settings: Any) -> AsyncIterator[Running]:
        names = {f"TENANTRY_{name}".upper(): str(value) for name, value in settings.items()}
        os.environ.update(names)
        try:
            async with running(dsn, lambda platform: [cast_of_tests(platform), usages(platform)]) as found:
                yield found
        finally:
            for name in names:
                del os.environ[name]

    return start


@pytest_asyncio.fixture(autouse=True)
async def _clean(server: Running) -> AsyncIterator[None]:
    yield
    await server.rows("DELETE FROM kernel.delivery")


@pytest_asyncio.fixture
async def usages_service(server: Running) -> UsagesServiceStub:
    return UsagesServiceStub(server.channel)


@pytest_asyncio.fixture
async def cast(server: Running) -> Cast:
    return Cast(server)


@pytest_asyncio.fixture
async def operator(cast: Cast) -> Metadata:
    """The credentials of somebody of the operations team."""
    return (await cast.member(platform_roles=("platform_standard", "platform_operations"))).metadata
