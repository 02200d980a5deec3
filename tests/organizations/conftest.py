"""The subdomains that know people, together: they react to one another."""

from collections.abc import AsyncIterator

import pytest_asyncio
from tenantry.organizations.v1.organizations_service_pb2_grpc import OrganizationsServiceStub

from tests.harness import Running
from tests.people import People, server_of_people


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    async with server_of_people(postgres, f"{database_name}_organizations") as found:
        yield found


@pytest_asyncio.fixture
async def organizations_service(server: Running) -> OrganizationsServiceStub:
    return OrganizationsServiceStub(server.channel)


@pytest_asyncio.fixture
async def people(server: Running) -> People:
    return People(server)
