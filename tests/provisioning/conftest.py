"""Provisioning, and the subdomains that make organizations and keep their settings."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from tenantry.provisioning.v1.provisioning_service_pb2 import NotifyProvisioningsRequest
from tenantry.provisioning.v1.provisioning_service_pb2_grpc import ProvisioningServiceStub

from server.kernel.migrate import KERNEL, History, migrate
from server.kernel.subdomain import Platform, Subdomain
from server.subdomains.ancillary.provisioning import wiring
from server.subdomains.ancillary.provisioning.wiring import provisioning
from server.subdomains.organizations.api import OrganizationsApi
from tests.harness import Running, running
from tests.people import People, compose, database_of_people


def compose_with_provisioning(platform: Platform) -> list[Subdomain]:
    """Provisioning stands below those who answer its port."""
    return [provisioning(platform), *compose(platform)]


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    async with database_of_people(postgres, f"{database_name}_provisioning") as dsn:
        await migrate(dsn, [KERNEL, History("provisioning", wiring.MIGRATIONS)])
        async with running(dsn, compose_with_provisioning, host_region="test") as found:
            yield found


@pytest_asyncio.fixture(autouse=True)
async def _clean(server: Running) -> AsyncIterator[None]:
    yield
    server.clock.run()
    await server.rows("DELETE FROM kernel.delivery")


@pytest.fixture
def provisioning_service(server: Running) -> ProvisioningServiceStub:
    return ProvisioningServiceStub(server.channel)


@pytest_asyncio.fixture
async def organization_id(server: Running) -> str:
    return (await People(server).register()).organization_id


@pytest.fixture
def notify(provisioning_service: ProvisioningServiceStub, server: Running) -> Callable[..., Awaitable[Any]]:
    async def call(*messages: str) -> Any:
        request = NotifyProvisioningsRequest(messages=messages)
        return (await provisioning_service.NotifyProvisionings(request, metadata=server.as_service())).results

    return call


@pytest.fixture
def settings_of(server: Running) -> Callable[[str], Awaitable[dict[str, str]]]:
    """The settings of an organization, as whoever needs them reads them."""
    organizations = OrganizationsApi.of(server.app.platform)

    async def read(organization_id: str) -> dict[str, str]:
        async with server.database.begin() as uow:
            return await organizations.get_settings(uow, organization_id)
        raise AssertionError("unreachable")

    return read
