"""ScheduleCarMaintenance: a car is withdrawn for maintenance, more than a day ahead."""

import asyncio
import uuid
from datetime import timedelta

import grpc
import pytest
from tenantry.cars.v1.cars_service_pb2 import ScheduleCarMaintenanceRequest

from server.kernel.ids import new_id
from tests.cars import requests
from tests.harness import at, refusal

MICROSECOND = timedelta(microseconds=1)


async def test_a_car_is_withdrawn_for_maintenance(cars_service, cast, fleet, server):
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)
    starts_at, ends_at = at(25), at(26)

    request = requests.schedule_car_maintenance(car_id, starts_at, ends_at)
    answer = await cars_service.ScheduleCarMaintenance(request, metadata=member.metadata)

    assert answer.car.id == car_id
    assert await fleet.slots(car_id) == [("maintenance", starts_at, ends_at)]
    assert (await server.events(car_id))[4:] == ["cars.car_unavailability_slot_added.v1"]
    assert len(await server.queued("usages", car_id)) == 1  # that of the registration


async def test_it_starts_strictly_more_than_24_hours_from_now(cars_service, cast, fleet, server):
    # given
    server.clock.stop_at(now := server.clock())
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)
    day = now + timedelta(hours=24)

    # when
    request = requests.schedule_car_maintenance(car_id, day, day + timedelta(hours=1))
    refused = await refusal(cars_service.ScheduleCarMaintenance(request, metadata=member.metadata))
    request = requests.schedule_car_maintenance(car_id, day + MICROSECOND, day + timedelta(hours=1))
    await cars_service.ScheduleCarMaintenance(request, metadata=member.metadata)

    # then
    assert (refused.code, refused.violations) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        {"starts_at": "MAINTENANCE_LEAD_TIME"},
    )
    assert len(await fleet.slots(car_id)) == 1


@pytest.mark.parametrize(
    ("slot", "violations"),
    [
        ((-1, 26), {"starts_at": "INVALID_STARTS_AT"}),
        ((23, 26), {"starts_at": "MAINTENANCE_LEAD_TIME"}),
        ((23, 22), {"starts_at": "MAINTENANCE_LEAD_TIME", "ends_at": "INVALID_ENDS_AT"}),
        ((26, 25), {"ends_at": "INVALID_ENDS_AT"}),
    ],
)
async def test_a_slot_outside_its_rules_is_refused(cars_service, cast, fleet, slot, violations):
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)

    request = requests.schedule_car_maintenance(car_id, *slot)
    refused = await refusal(cars_service.ScheduleCarMaintenance(request, metadata=member.metadata))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)
    assert await fleet.slots(car_id) == []


async def test_both_bounds_and_the_id_are_required(cars_service, cast):
    member = await cast.member(new_id("org"))

    refused = await refusal(
        cars_service.ScheduleCarMaintenance(ScheduleCarMaintenanceRequest(), metadata=member.metadata)
    )

    assert refused.violations == {
        "id": "INVALID_ID",
        "starts_at": "INVALID_STARTS_AT",
        "ends_at": "INVALID_ENDS_AT",
    }


async def test_every_wrong_bound_is_named_though_the_other_is_missing(cars_service, cast):
    member = await cast.member(new_id("org"))
    past = requests.schedule_car_maintenance(new_id("car"), -2, -1)
    soon = requests.schedule_car_maintenance(new_id("car"), 1, 2)
    past.ClearField("ends_at")
    soon.ends_at.seconds = 2**60

    refusals = [
        await refusal(cars_service.ScheduleCarMaintenance(request, metadata=member.metadata))
        for request in (past, soon)
    ]

    assert [refused.violations for refused in refusals] == [
        {"starts_at": "INVALID_STARTS_AT", "ends_at": "INVALID_ENDS_AT"},
        {"starts_at": "MAINTENANCE_LEAD_TIME", "ends_at": "INVALID_ENDS_AT"},
    ]


async def test_a_taken_slot_is_refused_whatever_took_it(cars_service, cast, fleet):
    organization_id = new_id("org")
    member = await cast.member(organization_id)
    car_id = await fleet.car(member)
    await fleet.reserve(organization_id, car_id, 30, 32)
    await fleet.offline(member, car_id, 40, 42)

    for slot in ((31, 31.5), (39, 43)):
        request = requests.schedule_car_maintenance(car_id, *slot)
        refused = await refusal(cars_service.ScheduleCarMaintenance(request, metadata=member.metadata))
        assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CAR_UNAVAILABLE")

    assert [cause for cause, _, _ in await fleet.slots(car_id)] == ["reservation", "offline"]


async def test_an_unknown_and_another_organizations_car_are_not_found(cars_service, cast, fleet):
    member, stranger = await cast.member(new_id("org")), await cast.member(new_id("org"))
    theirs = await fleet.car(stranger)

    refusals = [
        await refusal(
            cars_service.ScheduleCarMaintenance(requests.schedule_car_maintenance(id), metadata=member.metadata)
        )
        for id in (new_id("car"), theirs)
    ]

    assert {(refused.code, refused.reason) for refused in refusals} == {(grpc.StatusCode.NOT_FOUND, "CAR_NOT_FOUND")}
    assert await fleet.slots(theirs) == []


async def test_a_repeat_with_its_request_id_does_nothing_again(cars_service, cast, fleet):
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)
    request = requests.schedule_car_maintenance(car_id, request_id=str(uuid.uuid4()))

    answers = await asyncio.gather(
        *(cars_service.ScheduleCarMaintenance(request, metadata=member.metadata) for _ in range(5))
    )
    request.ends_at.seconds += 1
    refused = await refusal(cars_service.ScheduleCarMaintenance(request, metadata=member.metadata))

    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert refused.reason == "REQUEST_ID_REUSED"
    assert len(await fleet.slots(car_id)) == 1


async def test_who_may_not_schedule_maintenance(cars_service, cast, fleet):
    # given
    organization_id = new_id("org")
    car_id = await fleet.car(await cast.member(organization_id))
    unpaid = await cast.member(organization_id, feature="basic_features")
    stranger = await cast.member(new_id("org"))
    request = requests.schedule_car_maintenance(car_id, organization_id=organization_id)

    # when
    reasons = [
        (await refusal(cars_service.ScheduleCarMaintenance(request, metadata=metadata))).reason
        for metadata in (None, unpaid.metadata, stranger.metadata)
    ]

    # then
    assert reasons == ["NOT_AUTHENTICATED", "FEATURE_REQUIRED", "NOT_A_MEMBER"]
    assert await fleet.slots(car_id) == []
