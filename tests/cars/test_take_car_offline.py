"""TakeCarOffline: a car is withdrawn for a while."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from tenantry.cars.v1.car_pb2 import CAR_STATUS_REGISTERED
from tenantry.cars.v1.cars_service_pb2 import TakeCarOfflineRequest

from server.kernel.ids import new_id
from tests.cars import requests
from tests.harness import refusal

NOON = datetime(2040, 5, 1, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def noon(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


async def test_a_car_is_withdrawn_and_keeps_its_status(cars_service, cast, fleet, server):
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)

    request = requests.take_car_offline(car_id, noon(0), noon(1))
    answer = await cars_service.TakeCarOffline(request, metadata=member.metadata)

    assert (answer.car.id, answer.car.status) == (car_id, CAR_STATUS_REGISTERED)
    assert await fleet.slots(car_id) == [("offline", noon(0), noon(1))]
    assert (await server.events(car_id))[4:] == ["cars.car_unavailability_slot_added.v1"]
    assert len(await server.queued("usages", car_id)) == 1  # that of the registration


@pytest.mark.parametrize(
    "slot",
    [(4, 8), (5, 6), (4, 6), (6, 8), (3, 9), (4, 9), (3, 8), (3, 5), (7, 9), (7.9, 12), (0, 4.1)],
    ids=str,
)
async def test_a_slot_that_overlaps_another_is_refused(cars_service, cast, fleet, server, slot):
    # given
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)
    await fleet.offline(member, car_id, noon(4), noon(8))

    # when
    request = requests.take_car_offline(car_id, *map(noon, slot))
    refused = await refusal(cars_service.TakeCarOffline(request, metadata=member.metadata))

    # then
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CAR_UNAVAILABLE")
    assert await fleet.slots(car_id) == [("offline", noon(4), noon(8))]
    assert len(await server.events(car_id)) == 5


@pytest.mark.parametrize("slot", [(0, 4), (8, 9)], ids=str)
async def test_a_slot_may_touch_another(cars_service, cast, fleet, slot):
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)
    await fleet.offline(member, car_id, noon(4), noon(8))

    request = requests.take_car_offline(car_id, *map(noon, slot))
    await cars_service.TakeCarOffline(request, metadata=member.metadata)

    assert len(await fleet.slots(car_id)) == 2


async def test_one_microsecond_of_overlap_is_too_much(cars_service, cast, fleet):
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)
    await fleet.offline(member, car_id, noon(4), noon(8))

    request = requests.take_car_offline(car_id, noon(0), noon(4) + MICROSECOND)
    refused = await refusal(cars_service.TakeCarOffline(request, metadata=member.metadata))

    assert refused.reason == "CAR_UNAVAILABLE"


async def test_the_slots_of_two_cars_may_overlap(cast, fleet):
    member = await cast.member(new_id("org"))
    first, second = await fleet.car(member), await fleet.car(member)

    await fleet.offline(member, first, noon(4), noon(8))
    await fleet.offline(member, second, noon(4), noon(8))

    assert await fleet.slots(first) == await fleet.slots(second)


async def test_whatever_caused_the_other_slot(cars_service, cast, fleet):
    organization_id = new_id("org")
    member = await cast.member(organization_id)
    car_id = await fleet.car(member)
    await fleet.reserve(organization_id, car_id, noon(4), noon(8))

    request = requests.take_car_offline(car_id, noon(5), noon(6))
    refused = await refusal(cars_service.TakeCarOffline(request, metadata=member.metadata))

    assert refused.reason == "CAR_UNAVAILABLE"
    assert await fleet.slots(car_id) == [("reservation", noon(4), noon(8))]


@pytest.mark.parametrize(
    ("slot", "violations"),
    [
        ({"starts": -1}, {"starts_at": "INVALID_STARTS_AT"}),
        ({"starts": 2, "ends": 1}, {"ends_at": "INVALID_ENDS_AT"}),
        ({"starts": NOON, "ends": NOON}, {"ends_at": "INVALID_ENDS_AT"}),
        ({"starts": -1, "ends": -2}, {"starts_at": "INVALID_STARTS_AT", "ends_at": "INVALID_ENDS_AT"}),
        ({"request_id": "1"}, {"request_id": "INVALID_REQUEST_ID"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(cars_service, cast, fleet, slot, violations):
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)

    request = requests.take_car_offline(car_id, **slot)
    refused = await refusal(cars_service.TakeCarOffline(request, metadata=member.metadata))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)
    assert await fleet.slots(car_id) == []


async def test_both_bounds_and_the_id_are_required(cars_service, cast):
    member = await cast.member(new_id("org"))

    refused = await refusal(cars_service.TakeCarOffline(TakeCarOfflineRequest(), metadata=member.metadata))

    assert refused.violations == {
        "id": "INVALID_ID",
        "starts_at": "INVALID_STARTS_AT",
        "ends_at": "INVALID_ENDS_AT",
    }


async def test_an_instant_that_no_calendar_has_is_refused(cars_service, cast):
    member = await cast.member(new_id("org"))
    request = TakeCarOfflineRequest(
        id=new_id("car"), starts_at=Timestamp(seconds=2**60), ends_at=Timestamp(seconds=1, nanos=-1)
    )

    refused = await refusal(cars_service.TakeCarOffline(request, metadata=member.metadata))

    assert refused.violations == {"starts_at": "INVALID_STARTS_AT", "ends_at": "INVALID_ENDS_AT"}


async def test_a_slot_starts_strictly_after_now(cars_service, cast, fleet, server):
    # given
    server.clock.stop_at(now := server.clock())
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)

    # when
    request = requests.take_car_offline(car_id, now, noon(1))
    refused = await refusal(cars_service.TakeCarOffline(request, metadata=member.metadata))
    await fleet.offline(member, car_id, now + MICROSECOND, noon(1))

    # then
    assert refused.violations == {"starts_at": "INVALID_STARTS_AT"}
    assert await fleet.slots(car_id) == [("offline", now + MICROSECOND, noon(1))]


async def test_instants_are_cut_to_microseconds_before_they_are_compared(cars_service, cast, fleet):
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)
    seconds = int(NOON.timestamp())
    nanoseconds = TakeCarOfflineRequest(
        id=car_id,
        starts_at=Timestamp(seconds=seconds, nanos=1001),
        ends_at=Timestamp(seconds=seconds, nanos=1999),
    )

    refused = await refusal(cars_service.TakeCarOffline(nanoseconds, metadata=member.metadata))
    nanoseconds.ends_at.nanos = 2000
    await cars_service.TakeCarOffline(nanoseconds, metadata=member.metadata)

    assert refused.violations == {"ends_at": "INVALID_ENDS_AT"}
    assert await fleet.slots(car_id) == [("offline", NOON + MICROSECOND, NOON + 2 * MICROSECOND)]


async def test_an_unknown_and_another_organizations_car_are_not_found(cars_service, cast, fleet):
    member, stranger = await cast.member(new_id("org")), await cast.member(new_id("org"))
    theirs = await fleet.car(stranger)

    refusals = [
        await refusal(cars_service.TakeCarOffline(requests.take_car_offline(id), metadata=member.metadata))
        for id in (new_id("car"), theirs)
    ]

    assert {(refused.code, refused.reason) for refused in refusals} == {(grpc.StatusCode.NOT_FOUND, "CAR_NOT_FOUND")}
    assert await fleet.slots(theirs) == []


async def test_of_overlapping_calls_at_once_one_wins(cars_service, cast, fleet, server):
    # given
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)

    # when
    answers = await asyncio.gather(
        *(
            cars_service.TakeCarOffline(
                requests.take_car_offline(car_id, noon(number / 10), noon(2 + number / 10)), metadata=member.metadata
            )
            for number in range(10)
        ),
        return_exceptions=True,
    )

    # then
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert len(await fleet.slots(car_id)) == 1
    assert len(await server.events(car_id)) == 5


async def test_a_repeat_with_its_request_id_does_nothing_again(cars_service, cast, fleet):
    member = await cast.member(new_id("org"))
    car_id = await fleet.car(member)
    request = requests.take_car_offline(car_id, noon(0), noon(1), request_id=str(uuid.uuid4()))

    answers = await asyncio.gather(*(cars_service.TakeCarOffline(request, metadata=member.metadata) for _ in range(5)))

    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert len(await fleet.slots(car_id)) == 1


async def test_who_may_not_take_cars_offline(cars_service, cast, fleet):
    # given
    organization_id = new_id("org")
    car_id = await fleet.car(await cast.member(organization_id))
    unpaid = await cast.member(organization_id, feature="basic_features")
    stranger = await cast.member(new_id("org"))
    request = requests.take_car_offline(car_id, organization_id=organization_id)

    # when
    reasons = [
        (await refusal(cars_service.TakeCarOffline(request, metadata=metadata))).reason
        for metadata in (None, unpaid.metadata, stranger.metadata)
    ]

    # then
    assert reasons == ["NOT_AUTHENTICATED", "FEATURE_REQUIRED", "NOT_A_MEMBER"]
    assert await fleet.slots(car_id) == []
