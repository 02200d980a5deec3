"""Audits, and the usages that go with them."""

from collections.abc import AsyncIterator

import pytest_asyncio
from tenantry.audits.v1.audits_service_pb2_grpc import AuditsServiceStub

from server.kernel.migrate import KERNEL, History
from server.subdomains.ancillary.audits import wiring
from server.subdomains.ancillary.audits.wiring import audits
from tests.cast import HISTORY, Cast, cast_of_tests
from tests.harness import Metadata, Running, fresh_database, running


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    own = History("audits", wiring.MIGRATIONS)
    async with (
        fresh_database(postgres, f"{database_name}_audits", [KERNEL, HISTORY, own]) as dsn,
        running(dsn, lambda platform: [cast_of_tests(platform), audits(platform)], host_region="test") as found,
    ):
        yield found


@pytest_asyncio.fixture(autouse=True)
async def _clean(server: Running) -> AsyncIterator[None]:
    yield
    server.clock.run()
    await server.rows("DELETE FROM kernel.delivery")


@pytest_asyncio.fixture
async def audits_service(server: Running) -> AuditsServiceStub:
    return AuditsServiceStub(server.channel)


@pytest_asyncio.fixture
async def cast(server: Running) -> Cast:
    return Cast(server)


@pytest_asyncio.fixture
async def operator(cast: Cast) -> Metadata:
    """The credentials of somebody of the operations team."""
    return (await cast.member(platform_roles=("platform_standard", "platform_operations"))).metadata
