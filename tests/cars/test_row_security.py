"""Cars of one organization stay its own, twice over: by the conditions of each statement, and by the database."""

from typing import Any

import pytest
from tenantry.cars.v1.cars_service_pb2 import (
    DeleteCarRequest,
    GetCarRequest,
    ListAvailableCarsRequest,
    ListCarsRequest,
    ListCarUnavailabilitiesRequest,
)
from tenantry.cars.v1.cars_service_pb2_grpc import CarsServiceStub

from server.kernel.ids import new_id
from tests.cars import requests
from tests.cars.conftest import compose
from tests.cars.fleet import Fleet
from tests.cast import Cast
from tests.harness import refusal, running
from tests.row_security import without_organization


@pytest.mark.parametrize(
    "options", [{"rewrite": without_organization}, {"role": None}], ids=["database alone", "conditions alone"]
)
async def test_either_guard_alone_keeps_cars_apart(server, options):
    async with running(server.dsn, compose, **options) as unguarded:
        # given
        service, cast, fleet = CarsServiceStub(unguarded.channel), Cast(unguarded), Fleet(unguarded)
        mine, theirs = await cast.member(new_id("org")), await cast.member(new_id("org"))
        my_car, their_car = await fleet.car(mine), await fleet.car(theirs)
        await fleet.offline(theirs, their_car, 1, 2)

        # when
        slots = ListCarUnavailabilitiesRequest(id=their_car)
        listed: list[Any] = [
            await service.ListCars(ListCarsRequest(), metadata=mine.metadata),
            await service.ListAvailableCars(ListAvailableCarsRequest(), metadata=mine.metadata),
        ]
        found = await service.ListCarUnavailabilities(slots, metadata=mine.metadata)
        refusals = [
            await refusal(call)
            for call in (
                service.GetCar(GetCarRequest(id=their_car), metadata=mine.metadata),
                service.DeleteCar(DeleteCarRequest(id=their_car), metadata=mine.metadata),
                service.TakeCarOffline(requests.take_car_offline(their_car, 3, 4), metadata=mine.metadata),
                service.ScheduleCarMaintenance(requests.schedule_car_maintenance(their_car), metadata=mine.metadata),
            )
        ]

        # then
        assert [[car.id for car in page.cars] for page in listed] == [[my_car], [my_car]]
        assert [page.total_size for page in listed] == [1, 1]
        assert found.total_size == 0
        assert {refused.reason for refused in refusals} == {"CAR_NOT_FOUND"}
        assert len(await fleet.slots(their_car)) == 1


async def test_without_an_organization_the_application_sees_and_changes_nothing(server, cast, fleet):
    await fleet.car(await cast.member(new_id("org")))
    connection = await server.database.pool.acquire()
    try:
        seen = await connection.fetch("SELECT id FROM cars.car", [])
        changed = await connection.execute("UPDATE cars.car SET version = 0", [])
    finally:
        server.database.pool.release(connection)

    assert (seen, changed) == ([], 0)
