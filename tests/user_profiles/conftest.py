"""The subdomains that know people, together: they react to one another."""

from collections.abc import AsyncIterator

import pytest_asyncio
from tenantry.user_profiles.v1.user_profiles_service_pb2_grpc import UserProfilesServiceStub

from tests.harness import Running
from tests.people import People, server_of_people


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    async with server_of_people(postgres, f"{database_name}_user_profiles") as found:
        yield found


@pytest_asyncio.fixture
async def user_profiles_service(server: Running) -> UserProfilesServiceStub:
    return UserProfilesServiceStub(server.channel)


@pytest_asyncio.fixture
async def people(server: Running) -> People:
    return People(server)
