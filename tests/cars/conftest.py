"""Cars on their own: no subdomain that knows users runs beside them."""

from collections.abc import AsyncIterator

import pytest_asyncio
from tenantry.cars.v1.cars_service_pb2_grpc import CarsServiceStub

from server.kernel.migrate import KERNEL, History
from server.kernel.subdomain import Platform, Subdomain
from server.subdomains.cars import wiring
from server.subdomains.cars.wiring import cars
from tests.cars.fleet import Fleet
from tests.cast import HISTORY, Cast, cast_of_tests
from tests.harness import Running, fresh_database, running


def compose(platform: Platform) -> list[Subdomain]:
    return [cast_of_tests(platform), cars(platform)]


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    own = History("cars", wiring.MIGRATIONS)
    async with (
        fresh_database(postgres, f"{database_name}_cars", [KERNEL, HISTORY, own]) as dsn,
        running(dsn, compose) as found,
    ):
        yield found


@pytest_asyncio.fixture(autouse=True)
async def _running_clock(server: Running) -> AsyncIterator[None]:
    yield
    server.clock.run()


@pytest_asyncio.fixture
async def cars_service(server: Running) -> CarsServiceStub:
    return CarsServiceStub(server.channel)


@pytest_asyncio.fixture
async def cast(server: Running) -> Cast:
    return Cast(server)


@pytest_asyncio.fixture
async def fleet(server: Running) -> Fleet:
    return Fleet(server)
