"""Sessions in the whole product: only somebody who has registered has one."""

from collections.abc import AsyncIterator

import pytest_asyncio
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub

from tests.harness import Running
from tests.signed_in import People, whole_server


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    async with whole_server(postgres, f"{database_name}_auth_tokens") as found:
        yield found


@pytest_asyncio.fixture(autouse=True)
async def _running_clock(server: Running) -> AsyncIterator[None]:
    yield
    server.clock.run()


@pytest_asyncio.fixture
async def people(server: Running) -> People:
    return People(server)


@pytest_asyncio.fixture
async def sessions(server: Running) -> AuthTokensServiceStub:
    return AuthTokensServiceStub(server.channel)
