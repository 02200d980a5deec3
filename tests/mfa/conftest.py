"""Second factors in the whole product: a sign-in goes through most of it."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.harness import Running
from tests.mfa.factors import Factors
from tests.signed_in import People, whole_server


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    async with whole_server(postgres, f"{database_name}_mfa") as found:
        yield found


@pytest_asyncio.fixture(autouse=True)
async def _running_clock(server: Running) -> AsyncIterator[None]:
    yield
    server.clock.run()


@pytest_asyncio.fixture
async def people(server: Running) -> People:
    return People(server)


@pytest_asyncio.fixture
async def factors(server: Running) -> Factors:
    return Factors(server)
