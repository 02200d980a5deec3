"""Usages on their own."""

from collections.abc import AsyncIterator

import pytest_asyncio
from tenantry.usages.v1.usages_service_pb2_grpc import UsagesServiceStub

from server.kernel.migrate import KERNEL, History
from server.subdomains.ancillary.usages import wiring
from server.subdomains.ancillary.usages.wiring import usages
from tests.cast import HISTORY, Cast, cast_of_tests
from tests.harness import Running, fresh_database, running


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    own = History("usages", wiring.MIGRATIONS)
    async with (
        fresh_database(postgres, f"{database_name}_usages", [KERNEL, HISTORY, own]) as dsn,
        running(dsn, lambda platform: [cast_of_tests(platform), usages(platform)]) as found,
    ):
        yield found


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
