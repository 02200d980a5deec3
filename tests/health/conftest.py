"""Health on its own."""

from collections.abc import AsyncIterator

import pytest_asyncio
from tenantry.health.v1.health_service_pb2_grpc import HealthServiceStub

from server.kernel.migrate import KERNEL
from server.subdomains.health.wiring import health
from tests.cast import HISTORY, Cast, cast_of_tests
from tests.harness import Running, fresh_database, running


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    async with (
        fresh_database(postgres, f"{database_name}_health", [KERNEL, HISTORY]) as dsn,
        running(dsn, lambda platform: [health(platform), cast_of_tests(platform)]) as found,
    ):
        yield found


@pytest_asyncio.fixture
async def health_service(server: Running) -> HealthServiceStub:
    return HealthServiceStub(server.channel)


@pytest_asyncio.fixture
async def cast(server: Running) -> Cast:
    return Cast(server)
