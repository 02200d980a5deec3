"""Bookings and the cars they are for: no subdomain that knows users runs beside them."""

from collections.abc import AsyncIterator

import pytest_asyncio
from tenantry.bookings.v1.bookings_service_pb2_grpc import BookingsServiceStub
from tenantry.cars.v1.cars_service_pb2_grpc import CarsServiceStub

from server.kernel.migrate import KERNEL, History
from server.kernel.subdomain import Platform, Subdomain
from server.subdomains.bookings import wiring
from server.subdomains.bookings.wiring import bookings
from server.subdomains.cars import wiring as cars_wiring
from server.subdomains.cars.wiring import cars
from tests.bookings.garage import Garage
from tests.cast import HISTORY, Cast, cast_of_tests
from tests.harness import Running, fresh_database, running


def compose(platform: Platform) -> list[Subdomain]:
    return [cast_of_tests(platform), cars(platform), bookings(platform)]


@pytest_asyncio.fixture(scope="session")
async def server(postgres: str, database_name: str) -> AsyncIterator[Running]:
    histories = [
        KERNEL,
        HISTORY,
        History("cars", cars_wiring.MIGRATIONS),
        History("bookings", wiring.MIGRATIONS),
    ]
    async with (
        fresh_database(postgres, f"{database_name}_bookings", histories) as dsn,
        running(dsn, compose) as found,
    ):
        yield found


@pytest_asyncio.fixture(autouse=True)
async def _running_clock(server: Running) -> AsyncIterator[None]:
    yield
    server.clock.run()


@pytest_asyncio.fixture
async def bookings_service(server: Running) -> BookingsServiceStub:
    return BookingsServiceStub(server.channel)


@pytest_asyncio.fixture
async def cars_service(server: Running) -> CarsServiceStub:
    return CarsServiceStub(server.channel)


@pytest_asyncio.fixture
async def cast(server: Running) -> Cast:
    return Cast(server)


@pytest_asyncio.fixture
async def garage(cars_service: CarsServiceStub, server: Running) -> Garage:
    return Garage(cars_service, server)
