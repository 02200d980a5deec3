"""MakeBooking: a member borrows a car for a while."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from tenantry.bookings.v1.bookings_service_pb2 import MakeBookingRequest
from tenantry.cars.v1.cars_service_pb2 import DeleteCarRequest

from server.kernel.access.caller import MAINTENANCE, service_call, set_current_call
from server.kernel.errors import InvalidArgument
from server.kernel.ids import decode, new_id
from server.subdomains.bookings.application import BookingsApplication
from server.subdomains.bookings.domain import Period
from tests.bookings import requests
from tests.harness import properties_of, refusal

NOON = datetime(2040, 5, 1, 12, tzinfo=UTC)


def noon(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


async def test_a_member_borrows_a_car(bookings_service, cast, garage):
    # given
    organization_id = new_id("org")
    owner, borrower = await cast.member(organization_id), await cast.member(organization_id)
    car_id = await garage.car(owner)

    # when
    answer = await bookings_service.MakeBooking(requests.make_booking(car_id, 2, 4), metadata=borrower.metadata)

    # then
    booking = answer.booking
    assert (booking.car_id, booking.borrower_id) == (car_id, borrower.user_id)
    assert await garage.references(car_id) == [booking.id]
    listed = await bookings_service.ListBookings(requests.list_bookings(), metadata=owner.metadata)
    assert list(listed.bookings) == [booking]


async def test_a_booking_without_an_end_lasts_an_hour(bookings_service, cast, garage):
    member = await cast.member(new_id("org"))
    request = requests.make_booking(await garage.car(member), NOON)

    answer = await bookings_service.MakeBooking(request, metadata=member.metadata)

    assert answer.booking.ends_at.ToDatetime(UTC) == NOON + timedelta(hours=1)


async def test_the_booking_and_its_reservation_are_published_in_order(bookings_service, cast, garage, server):
    member = await cast.member(new_id("org"))
    car_id = await garage.car(member)

    answer = await bookings_service.MakeBooking(requests.make_booking(car_id), metadata=member.metadata)

    assert await server.events(answer.booking.id) == [
        "bookings.booking_created.v1",
        "bookings.booking_car_changed.v1",
        "bookings.booking_reservation_made.v1",
    ]
    assert (await server.events(car_id))[-1] == "cars.car_unavailability_slot_added.v1"


@pytest.mark.parametrize("minutes", [15, 45, 90, 480])
async def test_the_booking_is_recorded_as_a_usage(bookings_service, cast, garage, server, minutes):
    organization_id = new_id("org")
    member = await cast.member(organization_id)
    request = requests.make_booking(await garage.car(member), NOON, NOON + timedelta(minutes=minutes))

    answer = await bookings_service.MakeBooking(request, metadata=member.metadata)

    [message] = await server.queued("usages", answer.booking.id)
    usage = json.loads(message)
    assert (usage["EventName"], usage["ForId"]) == ("Booking Created", member.user_id)
    assert properties_of(usage) == {
        "ResourceId": answer.booking.id,
        "TenantId": organization_id,
        "Started": "12",
        "Duration": {15: "0", 45: "0", 90: "1", 480: "8"}[minutes],
    }


@pytest.mark.parametrize(
    ("period", "violations"),
    [
        ((-1, 1), {"starts_at": "INVALID_STARTS_AT"}),
        ((2, 2), {"ends_at": "INVALID_ENDS_AT"}),
        ((2, 1), {"ends_at": "INVALID_ENDS_AT"}),
        ((2, 2.2), {"ends_at": "INVALID_ENDS_AT"}),
        ((2, 10.1), {"ends_at": "INVALID_ENDS_AT"}),
        ((-1, -2), {"starts_at": "INVALID_STARTS_AT", "ends_at": "INVALID_ENDS_AT"}),
        ((None, 2), {"starts_at": "INVALID_STARTS_AT"}),
        ((datetime(9999, 12, 31, 23, 30, tzinfo=UTC), None), {"starts_at": "INVALID_STARTS_AT"}),
    ],
)
async def test_a_period_outside_its_rules_is_refused(bookings_service, cast, garage, period, violations):
    member = await cast.member(new_id("org"))
    car_id = await garage.car(member)

    refused = await refusal(
        bookings_service.MakeBooking(requests.make_booking(car_id, *period), metadata=member.metadata)
    )

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert violations.items() <= refused.violations.items()
    assert await garage.references(car_id) == []


async def test_without_a_start_nothing_is_said_of_the_end(bookings_service, cast):
    member = await cast.member(new_id("org"))

    refused = await refusal(
        bookings_service.MakeBooking(requests.make_booking(new_id("car"), None, 2), metadata=member.metadata)
    )

    assert refused.violations == {"starts_at": "INVALID_STARTS_AT"}


@pytest.mark.parametrize("length", [timedelta(minutes=15), timedelta(hours=8)])
async def test_the_shortest_and_the_longest_period_are_taken(bookings_service, cast, garage, length):
    member = await cast.member(new_id("org"))
    request = requests.make_booking(await garage.car(member), NOON, NOON + length)

    answer = await bookings_service.MakeBooking(request, metadata=member.metadata)

    assert answer.booking.ends_at.ToDatetime(UTC) == NOON + length


@pytest.mark.parametrize("length", [timedelta(minutes=15, microseconds=-1), timedelta(hours=8, microseconds=1)])
async def test_a_microsecond_less_or_more_is_refused(bookings_service, cast, garage, length):
    member = await cast.member(new_id("org"))
    request = requests.make_booking(await garage.car(member), NOON, NOON + length)

    refused = await refusal(bookings_service.MakeBooking(request, metadata=member.metadata))

    assert refused.violations == {"ends_at": "INVALID_ENDS_AT"}


async def test_instants_are_cut_to_microseconds_before_they_are_compared(bookings_service, cast, garage):
    member = await cast.member(new_id("org"))
    seconds = int(NOON.timestamp())
    request = MakeBookingRequest(
        car_id=await garage.car(member),
        starts_at=Timestamp(seconds=seconds, nanos=999),
        ends_at=Timestamp(seconds=seconds + 8 * 3600, nanos=999),
    )

    answer = await bookings_service.MakeBooking(request, metadata=member.metadata)

    assert (answer.booking.starts_at.nanos, answer.booking.ends_at.nanos) == (0, 0)


async def test_a_booking_starts_strictly_after_now(bookings_service, cast, garage, server):
    # given
    server.clock.stop_at(now := server.clock())
    member = await cast.member(new_id("org"))
    car_id = await garage.car(member)

    # when
    refused = await refusal(bookings_service.MakeBooking(requests.make_booking(car_id, now), metadata=member.metadata))
    request = requests.make_booking(car_id, now + timedelta(microseconds=1))
    answer = await bookings_service.MakeBooking(request, metadata=member.metadata)

    # then
    assert refused.violations == {"starts_at": "INVALID_STARTS_AT"}
    assert answer.booking.starts_at.ToDatetime(UTC) == now + timedelta(microseconds=1)


async def test_a_start_that_passes_while_the_call_is_answered_is_refused_alike(cast, garage, server):
    organization_id = new_id("org")
    member = await cast.member(organization_id)
    car_id = await garage.car(member)
    application = BookingsApplication.of(server.app.platform)
    set_current_call(service_call("a-call-of-a-test"))

    with pytest.raises(InvalidArgument) as refused:
        await application.make_booking(
            organization_id=organization_id,
            caller_id=member.user_id,
            car_id=car_id,
            period=Period.usual(server.clock()),
        )

    assert [violation.reason for violation in refused.value.violations] == ["INVALID_STARTS_AT"]


@pytest.mark.parametrize(("field", "value"), [("car_id", "car_1"), ("car_id", new_id("booking")), ("car_id", "")])
async def test_a_malformed_car_id_is_refused(bookings_service, cast, field, value):
    member = await cast.member(new_id("org"))

    refused = await refusal(bookings_service.MakeBooking(requests.make_booking(value, 1), metadata=member.metadata))

    assert refused.violations == {field: "INVALID_ID"}


async def test_an_unknown_a_deleted_and_another_organizations_car_are_not_found(
    bookings_service, cars_service, cast, garage
):
    # given
    member, stranger = await cast.member(new_id("org")), await cast.member(new_id("org"))
    theirs, deleted = await garage.car(stranger), await garage.car(member)
    await cars_service.DeleteCar(DeleteCarRequest(id=deleted), metadata=member.metadata)

    # when
    refusals = [
        await refusal(bookings_service.MakeBooking(requests.make_booking(car_id), metadata=member.metadata))
        for car_id in (new_id("car"), theirs, deleted)
    ]

    # then
    assert {(refused.code, refused.reason) for refused in refusals} == {(grpc.StatusCode.NOT_FOUND, "CAR_NOT_FOUND")}
    assert await garage.references(theirs) == []
    listed = await bookings_service.ListBookings(requests.list_bookings(), metadata=member.metadata)
    assert listed.total_size == 0


@pytest.mark.parametrize("period", [(3, 5), (3.5, 4.5), (2, 6), (3, 4), (4, 5), (2, 4), (4, 6), (4.9, 6), (2, 3.1)])
async def test_a_period_that_overlaps_any_slot_is_not_available(bookings_service, cast, garage, period):
    # given
    member = await cast.member(new_id("org"))
    car_id = await garage.car(member)
    first = requests.make_booking(car_id, noon(3), noon(5))
    made = await bookings_service.MakeBooking(first, metadata=member.metadata)

    # when
    second = requests.make_booking(car_id, *map(noon, period))
    refused = await refusal(bookings_service.MakeBooking(second, metadata=member.metadata))

    # then
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CAR_NOT_AVAILABLE")
    assert await garage.references(car_id) == [made.booking.id]
    listed = await bookings_service.ListBookings(requests.list_bookings(), metadata=member.metadata)
    assert list(listed.bookings) == [made.booking]


async def test_a_car_that_is_offline_is_not_available(bookings_service, cast, garage):
    member = await cast.member(new_id("org"))
    car_id = await garage.car(member)
    await garage.take_offline(member, car_id, 1, 3)

    refused = await refusal(bookings_service.MakeBooking(requests.make_booking(car_id, 2, 4), metadata=member.metadata))

    assert refused.reason == "CAR_NOT_AVAILABLE"
    assert await garage.references(car_id) == [None]


async def test_bookings_may_touch(bookings_service, cast, garage):
    member = await cast.member(new_id("org"))
    car_id = await garage.car(member)

    for hour in (0, 2, 1):
        start = NOON + timedelta(hours=hour)
        await bookings_service.MakeBooking(requests.make_booking(car_id, start), metadata=member.metadata)

    assert len(await garage.references(car_id)) == 3


async def test_of_fifty_equal_bookings_at_once_one_wins_and_the_others_leave_nothing(
    bookings_service, cast, garage, server
):
    # given
    organization_id = new_id("org")
    members = [await cast.member(organization_id) for _ in range(5)]
    car_id = await garage.car(members[0])
    request = requests.make_booking(car_id, NOON)

    # when
    answers = await asyncio.gather(
        *(bookings_service.MakeBooking(request, metadata=members[number % 5].metadata) for number in range(50)),
        return_exceptions=True,
    )

    # then
    [won] = [answer for answer in answers if not isinstance(answer, BaseException)]
    lost = [await refusal(_raise(answer)) for answer in answers if isinstance(answer, BaseException)]
    assert [(refused.code, refused.reason) for refused in lost] == [
        (grpc.StatusCode.FAILED_PRECONDITION, "CAR_NOT_AVAILABLE")
    ] * 49
    assert await garage.references(car_id) == [won.booking.id]
    organization = decode("org", organization_id)
    rows = await server.rows("SELECT id FROM bookings.booking WHERE organization_id = $1", organization)
    assert [row["id"] for row in rows] == [decode("booking", won.booking.id)]
    events = await server.rows(
        "SELECT 1 FROM kernel.event WHERE organization_id = $1 AND aggregate_type = 'Booking'", organization
    )
    assert len(events) == 3
    assert len(await server.queued("usages", organization_id)) == 2  # of the car and of the winner


async def test_twenty_equal_calls_with_one_request_id_make_one_booking(bookings_service, cast, garage):
    member = await cast.member(new_id("org"))
    car_id = await garage.car(member)
    request = requests.make_booking(car_id, NOON, request_id=str(uuid.uuid4()))

    answers = await asyncio.gather(
        *(bookings_service.MakeBooking(request, metadata=member.metadata) for _ in range(20))
    )

    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert await garage.references(car_id) == [answers[0].booking.id]


async def test_a_refused_booking_may_be_tried_again_with_the_same_request_id(bookings_service, cast, garage):
    # given
    member = await cast.member(new_id("org"))
    car_id = await garage.car(member)
    first = await bookings_service.MakeBooking(requests.make_booking(car_id, NOON), metadata=member.metadata)
    request = requests.make_booking(car_id, NOON, request_id=str(uuid.uuid4()))
    refused = await refusal(bookings_service.MakeBooking(request, metadata=member.metadata))

    # when
    await bookings_service.CancelBooking(requests.cancel_booking(first.booking.id), metadata=member.metadata)
    answer = await bookings_service.MakeBooking(request, metadata=member.metadata)

    # then
    assert refused.reason == "CAR_NOT_AVAILABLE"
    assert await garage.references(car_id) == [answer.booking.id]


async def test_a_request_id_is_not_good_for_another_period(bookings_service, cast, garage):
    member = await cast.member(new_id("org"))
    car_id, request_id = await garage.car(member), str(uuid.uuid4())
    await bookings_service.MakeBooking(
        requests.make_booking(car_id, NOON, request_id=request_id), metadata=member.metadata
    )

    other = requests.make_booking(car_id, NOON + timedelta(days=1), request_id=request_id)
    refused = await refusal(bookings_service.MakeBooking(other, metadata=member.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")


async def test_who_may_not_make_bookings(bookings_service, cast, garage):
    # given
    organization_id = new_id("org")
    member = await cast.member(organization_id)
    unpaid = await cast.member(organization_id, feature="basic_features")
    stranger = await cast.member(new_id("org"))
    car_id = await garage.car(member)
    request = requests.make_booking(car_id, organization_id=organization_id)

    # when
    reasons = [
        (await refusal(bookings_service.MakeBooking(request, metadata=metadata))).reason
        for metadata in (None, unpaid.metadata, stranger.metadata)
    ]

    # then
    assert reasons == ["NOT_AUTHENTICATED", "FEATURE_REQUIRED", "NOT_A_MEMBER"]
    assert await garage.references(car_id) == []


async def test_a_service_account_names_the_organization(bookings_service, cast, garage, server):
    organization_id = new_id("org")
    car_id = await garage.car(await cast.member(organization_id))
    request = requests.make_booking(car_id, organization_id=organization_id)

    answer = await bookings_service.MakeBooking(request, metadata=server.as_service())

    assert answer.booking.borrower_id == MAINTENANCE


async def _raise(error: BaseException) -> None:
    raise error
