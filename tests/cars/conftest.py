"""Cars on their own: no subdomain that knows users runs beside them."""

from collections.abc import AsyncIterator

import pytest_asyncio
from tenantry.cars.v1.cars_service_pb2_grpc import CarsServiceStub

from server.kernel.migrate import KERNEL, History
from server.subdomains.cars import wiring
from server.subdomains.cars.wiring import cars
from tests.cast import HISTORY, Cast, cast_of_tests
from tests.harness import Running, fresh_database, running


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    own = History("cars", wiring.MIGRATIONS)
    async with (
        fresh_database(postgres, f"{database_name}_cars", [KERNEL, HISTORY, own]) as dsn,
        running(dsn, lambda platform: [cast_of_tests(platform), cars(platform)]) as found,
    ):
        yield found


@pytest_asyncio.fixture
async def cars_service(server: Running) -> CarsServiceStub:
    return CarsServiceStub(server.channel)


@pytest_asyncio.fixture
async def cast(server: Running) -> Cast:
    return Cast(server)
