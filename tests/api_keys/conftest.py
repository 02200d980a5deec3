"""API keys in the whole product: their owners sign up and in as everybody does."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.api_keys.keys import Keys
from tests.harness import Running
from tests.signed_in import People, whole_server


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    async with whole_server(postgres, f"{database_name}_api_keys") as found:
        yield found


@pytest_asyncio.fixture(autouse=True)
async def _running_clock(server: Running) -> AsyncIterator[None]:
    yield
    server.clock.run()


@pytest.fixture
def people(server: Running) -> People:
    return People(server)


@pytest.fixture
def keys(server: Running) -> Keys:
    return Keys(server)
