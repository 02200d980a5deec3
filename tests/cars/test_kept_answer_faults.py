"""Calls with a request_id that are cut off anywhere and repeated, here and in another process."""

import asyncio
import random
from collections.abc import AsyncIterator
from uuid import uuid4

import grpc
import pytest_asyncio
from tenantry.cars.v1.cars_service_pb2_grpc import CarsServiceStub

from server.kernel import ids
from server.kernel.migrate import KERNEL, History
from server.subdomains.cars.wiring import MIGRATIONS, cars
from tests.cars import requests
from tests.cast import HISTORY, Cast, cast_of_tests
from tests.harness import Running, fresh_database, running
from tests.kernel.faults import backends


@pytest_asyncio.fixture
async def servers(postgres: str, database_name: str) -> AsyncIterator[list[Running]]:
    histories = [KERNEL, HISTORY, History("cars", MIGRATIONS)]

    def compose(platform):
        return [cast_of_tests(platform), cars(platform)]

    async with (
        fresh_database(postgres, f"{database_name}_kept_faults", histories) as dsn,
        running(dsn, compose, pool_size=3) as one,
        running(dsn, compose, pool_size=3) as other,
    ):
        yield [one, other]


async def test_cut_off_and_repeated_anywhere_there_is_one_effect_and_one_answer(servers):
    member = await Cast(servers[0]).member(ids.new_id("org"))
    stubs = [CarsServiceStub(server.channel) for server in servers]
    choice = random.Random(7)

    async def register_until_answered(number: int) -> str:
        request = requests.register_car(number_plate=f"CUT{number}", request_id=str(uuid4()))
        for _ in range(4):
            call = choice.choice(stubs).RegisterCar(request, metadata=member.metadata, timeout=20)
            await asyncio.sleep(choice.random() * 0.03)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
        answers = await asyncio.gather(*[stub.RegisterCar(request, metadata=member.metadata) for stub in stubs * 3])
        assert len({answer.SerializeToString() for answer in answers}) == 1
        return str(answers[0].car.id)

    registered = await asyncio.gather(*[register_until_answered(number) for number in range(24)])

    rows = await servers[0].rows("SELECT id, count(*) FROM cars.car GROUP BY id")
    assert {ids.encode("car", row["id"]) for row in rows} == set(registered)
    assert len(rows) == 24
    assert len(await servers[0].rows("SELECT DISTINCT aggregate_id FROM kernel.event")) == 24
    for server in servers:
        pool = server.database.pool
        assert pool._open == len(pool._idle)
    assert await backends(servers[0].database, "idle in transaction") == 0


async def test_an_answer_is_only_for_who_asked(servers):
    org = ids.new_id("org")
    one, other = await Cast(servers[0]).member(org), await Cast(servers[0]).member(org)
    stub = CarsServiceStub(servers[0].channel)
    request = requests.register_car(request_id=str(uuid4()))

    first = await stub.RegisterCar(request, metadata=one.metadata)
    try:
        second = await stub.RegisterCar(request, metadata=other.metadata)
    except grpc.aio.AioRpcError:
        return
    assert second.car.id != first.car.id
