"""The whole product behind the real gateway, for what holds across its parts."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.everything.world import Ways, standing_gateway
from tests.harness import Running
from tests.signed_in import People, whole_server


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    async with whole_server(postgres, f"{database_name}_security") as found:
        yield found


@pytest_asyncio.fixture(autouse=True)
async def _running_clock(server: Running) -> AsyncIterator[None]:
    yield
    server.clock.run()


@pytest_asyncio.fixture(scope="session")
async def ways(server: Running) -> AsyncIterator[Ways]:
    with tempfile.TemporaryDirectory(prefix="tenantry-") as folder:  # sockets need a short path
        async with standing_gateway(server.port, Path(folder)) as found:
            yield found


@pytest_asyncio.fixture
async def people(server: Running) -> People:
    return People(server)
