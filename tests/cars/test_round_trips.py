"""What calls cost the database: held exactly, since every round trip is felt by every caller."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import jwt
import pytest_asyncio
from tenantry.cars.v1.cars_service_pb2 import DeleteCarRequest, GetCarRequest, ListAvailableCarsRequest, ListCarsRequest
from tenantry.cars.v1.cars_service_pb2_grpc import CarsServiceStub

from server.kernel.database.pool import Connection
from server.kernel.ids import new_id
from server.kernel.migrate import KERNEL, History
from server.subdomains.cars.wiring import MIGRATIONS, cars
from tests.cars import requests
from tests.cast import HISTORY, Cast, cast_of_tests
from tests.harness import Running, fresh_database, running


@pytest_asyncio.fixture
async def one_connection(postgres: str, database_name: str) -> AsyncIterator[Running]:
    histories = [KERNEL, HISTORY, History("cars", MIGRATIONS)]
    async with (
        fresh_database(postgres, f"{database_name}_round_trips", histories) as dsn,
        running(dsn, lambda platform: [cast_of_tests(platform), cars(platform)], pool_size=1) as found,
    ):
        yield found


class Recording(Connection):
    """A connection that notes what it sends."""

    def __init__(self, raw: Any, seen: list[str]) -> None:
        super().__init__(raw)
        self.seen = seen

    async def fetch(self, sql: str, arguments: list[Any]) -> list[Any]:
        # The coalesced notices of earlier calls, and the caller, looked up again once a second, are no part of a call.
        if "pg_notify" not in sql and "cast_of_tests" not in sql:
            self.seen.append(sql)
        return await super().fetch(sql, arguments)

    async def execute(self, sql: str, arguments: list[Any]) -> int:
        self.seen.append(sql)
        return await super().execute(sql, arguments)


@asynccontextmanager
async def round_trips(running: Running) -> AsyncIterator[list[str]]:
    """The statements that run meanwhile, in order."""
    seen: list[str] = []
    with ExitStack() as stack:
        for pool in running.database.pools:
            recording = Recording((await pool.acquire()).raw, seen)
            pool.release(recording)
            log = recording.raw.query_logger(lambda record: seen.append(record.query))  # BEGIN and COMMIT
            stack.enter_context(log)
        yield seen


async def test_reads_are_one_round_trip_and_single_writes_too(one_connection):
    # given a caller who has called before, and a car
    service = CarsServiceStub(one_connection.channel)
    member = await Cast(one_connection).member(new_id("org"))
    car = (await service.RegisterCar(requests.register_car(), metadata=member.metadata)).car
    calls: list[tuple[Any, Any]] = [
        (service.GetCar, GetCarRequest(id=car.id)),
        (service.ListCars, ListCarsRequest()),
        (service.ListAvailableCars, ListAvailableCarsRequest()),
        (service.RegisterCar, requests.register_car()),
    ]

    for call, request in calls:
        await call(request, metadata=member.metadata)  # the principal is remembered from here on
        async with round_trips(one_connection) as seen:
            await call(request, metadata=member.metadata)
        assert len(seen) == 1, seen


async def test_a_change_is_one_transaction_of_few_statements(one_connection):
    service = CarsServiceStub(one_connection.channel)
    member = await Cast(one_connection).member(new_id("org"))
    car = (await service.RegisterCar(requests.register_car(), metadata=member.metadata)).car

    await service.ListCars(ListCarsRequest(), metadata=member.metadata)
    async with round_trips(one_connection) as seen:
        await service.TakeCarOffline(requests.take_car_offline(car.id), metadata=member.metadata)
    assert _kinds(seen) == ["BEGIN", "COMMIT", "SELECT", "WITH"]

    await service.ListCars(ListCarsRequest(), metadata=member.metadata)
    async with round_trips(one_connection) as seen:
        await service.DeleteCar(DeleteCarRequest(id=car.id), metadata=member.metadata)
    assert _kinds(seen) == ["BEGIN", "COMMIT", "SELECT", "SELECT", "WITH"]


async def test_a_token_is_verified_once(one_connection, monkeypatch):
    verified: list[str] = []
    original = jwt.decode

    def decode(token: str, *given: Any, **named: Any) -> Any:
        verified.append(token)
        return original(token, *given, **named)

    monkeypatch.setattr(jwt, "decode", decode)
    service = CarsServiceStub(one_connection.channel)
    member = await Cast(one_connection).member(new_id("org"))

    for _ in range(5):
        await service.ListCars(ListCarsRequest(), metadata=member.metadata)

    assert len(verified) == 1


def _kinds(queries: list[str]) -> list[str]:
    # Sorted: the driver notes BEGIN and COMMIT a moment after they ran.
    return sorted(query.split(maxsplit=1)[0].strip(";") for query in queries)
