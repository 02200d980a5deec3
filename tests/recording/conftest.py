"""Recording on its own, with the queues that it fills."""

from collections.abc import AsyncIterator

import pytest_asyncio
from tenantry.recording.v1.recording_service_pb2_grpc import RecordingServiceStub

from server.kernel.migrate import KERNEL
from server.subdomains.ancillary.recording.wiring import recording
from tests.cast import HISTORY, Cast, cast_of_tests
from tests.harness import Running, fresh_database, running


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    async with (
        fresh_database(postgres, f"{database_name}_recording", [KERNEL, HISTORY]) as dsn,
        running(dsn, lambda platform: [cast_of_tests(platform), recording(platform)]) as found,
    ):
        yield found


@pytest_asyncio.fixture(autouse=True)
async def _clean(server: Running) -> AsyncIterator[None]:
    yield
    await server.rows("DELETE FROM kernel.delivery")


@pytest_asyncio.fixture
async def recording_service(server: Running) -> RecordingServiceStub:
    return RecordingServiceStub(server.channel)


@pytest_asyncio.fixture
async def cast(server: Running) -> Cast:
    return Cast(server)
