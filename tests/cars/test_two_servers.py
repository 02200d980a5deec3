"""Two server processes on one database: a repeat may reach either, and is one call all the same."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest_asyncio
from tenantry.cars.v1.cars_service_pb2 import ListCarsRequest
from tenantry.cars.v1.cars_service_pb2_grpc import CarsServiceStub

from server.kernel.ids import new_id
from server.subdomains.cars.wiring import cars
from tests.cars import requests
from tests.cast import cast_of_tests
from tests.harness import Running, running


@pytest_asyncio.fixture
async def other_server(server: Running) -> AsyncIterator[Running]:
    async with running(server.dsn, lambda platform: [cast_of_tests(platform), cars(platform)]) as found:
        yield found


async def test_twenty_equal_calls_at_once_to_two_servers_register_one_car(server, other_server, cast):
    # given
    member = await cast.member(new_id("org"))
    request = requests.register_car(request_id=str(uuid.uuid4()))
    services = [CarsServiceStub(server.channel), CarsServiceStub(other_server.channel)]

    # when
    calls = [services[number % 2].RegisterCar(request, metadata=member.metadata) for number in range(20)]
    answers = await asyncio.gather(*calls)

    # then
    assert len({answer.SerializeToString() for answer in answers}) == 1
    listed = await services[0].ListCars(ListCarsRequest(), metadata=member.metadata)
    assert [car.id for car in listed.cars] == [answers[0].car.id]
    assert len(await server.events(answers[0].car.id)) == 4
    assert len(await server.queued("usages", answers[0].car.id)) == 1
