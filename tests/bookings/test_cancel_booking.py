"""CancelBooking: a booking is given up before it starts, and the car is free again."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import asyncpg
import grpc
import pytest
from tenantry.cars.v1.cars_service_pb2 import ListAvailableCarsRequest

from server.kernel.ids import decode, new_id
from server.kernel.rpc.times import to_timestamp
from tests.bookings import requests
from tests.harness import properties_of, refusal

NOON = datetime(2040, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def make(bookings_service, garage):
    async def make_booking(member, starts=NOON, ends=None):
        request = requests.make_booking(await garage.car(member), starts, ends)
        return (await bookings_service.MakeBooking(request, metadata=member.metadata)).booking

    return make_booking


async def test_the_borrower_cancels_and_the_car_is_free_again(bookings_service, cars_service, cast, make):
    # given
    member = await cast.member(new_id("org"))
    booking = await make(member)
    frame = ListAvailableCarsRequest(starts_at=booking.starts_at, ends_at=booking.ends_at)
    before = await cars_service.ListAvailableCars(frame, metadata=member.metadata)

    # when
    await bookings_service.CancelBooking(requests.cancel_booking(booking.id), metadata=member.metadata)

    # then
    after = await cars_service.ListAvailableCars(frame, metadata=member.metadata)
    assert (before.total_size, after.total_size) == (0, 1)
    listed = await bookings_service.ListBookings(requests.list_bookings(), metadata=member.metadata)
    assert listed.total_size == 0


async def test_an_owner_of_the_organization_cancels_anybodys_booking(bookings_service, cast, make, server):
    organization_id = new_id("org")
    member = await cast.member(organization_id)
    owner = await cast.member(organization_id, roles=("tenant_billing_admin",))
    booking = await make(member)

    await bookings_service.CancelBooking(requests.cancel_booking(booking.id), metadata=owner.metadata)

    [row] = await server.rows(
        "SELECT data FROM kernel.event WHERE aggregate_id = $1 ORDER BY version DESC LIMIT 1",
        decode("booking", booking.id),
    )
    assert json.loads(row["data"]) == {
        "booking_id": booking.id,
        "organization_id": organization_id,
        "car_id": booking.car_id,
        "borrower_id": member.user_id,
        "starts_at": NOON.isoformat(),
        "ends_at": (NOON + timedelta(hours=1)).isoformat(),
        "canceled_by_id": owner.user_id,
    }


async def test_the_cancellation_is_published_and_recorded_as_a_usage(bookings_service, cast, make, server):
    organization_id = new_id("org")
    member = await cast.member(organization_id)
    booking = await make(member, NOON, NOON + timedelta(minutes=90))

    await bookings_service.CancelBooking(requests.cancel_booking(booking.id), metadata=member.metadata)

    assert (await server.events(booking.id))[-1] == "bookings.booking_reservation_canceled.v1"
    assert (await server.events(booking.car_id))[-1] == "cars.car_unavailability_slot_removed.v1"
    usage = json.loads((await server.queued("usages", booking.id))[-1])
    assert usage["EventName"] == "Booking Canceled"
    assert properties_of(usage) == {
        "ResourceId": booking.id,
        "TenantId": organization_id,
        "Started": "12",
        "Duration": "1",
    }


async def test_another_member_may_not(bookings_service, cast, make, garage):
    organization_id = new_id("org")
    booking = await make(await cast.member(organization_id))
    other = await cast.member(organization_id)

    refused = await refusal(
        bookings_service.CancelBooking(requests.cancel_booking(booking.id), metadata=other.metadata)
    )

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "BOOKING_NOT_BORROWER")
    assert await garage.references(booking.car_id) == [booking.id]


async def test_a_service_account_may(bookings_service, cast, make, server, garage):
    organization_id = new_id("org")
    booking = await make(await cast.member(organization_id))
    request = requests.cancel_booking(booking.id)
    request.organization_id = organization_id

    await bookings_service.CancelBooking(request, metadata=server.as_service())

    assert await garage.references(booking.car_id) == []


async def test_at_the_instant_of_the_start_it_is_too_late(bookings_service, cast, make, server, garage):
    # given
    server.clock.stop_at(now := server.clock())
    member = await cast.member(new_id("org"))
    late, early = [await make(member, now + timedelta(minutes=minutes)) for minutes in (5, 6)]

    # when
    server.clock.stop_at(now + timedelta(minutes=5))
    refused = await refusal(bookings_service.CancelBooking(requests.cancel_booking(late.id), metadata=member.metadata))
    server.clock.stop_at(now + timedelta(minutes=6, microseconds=-1))
    await bookings_service.CancelBooking(requests.cancel_booking(early.id), metadata=member.metadata)

    # then
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "BOOKING_ALREADY_STARTED")
    assert await garage.references(late.car_id) == [late.id]
    assert await garage.references(early.car_id) == []


async def test_a_call_made_in_time_may_wait_for_others(bookings_service, cast, make, server, garage):
    # given: somebody holds the booking's row
    server.clock.stop_at(now := server.clock())
    member = await cast.member(new_id("org"))
    booking = await make(member, now + timedelta(minutes=5))
    connection = await asyncpg.connect(server.dsn)
    await connection.execute("BEGIN")
    await connection.execute("SELECT 1 FROM bookings.booking WHERE id = $1 FOR UPDATE", decode("booking", booking.id))

    # when: the booking starts while a call waits for it
    call = asyncio.ensure_future(
        bookings_service.CancelBooking(requests.cancel_booking(booking.id), metadata=member.metadata)
    )
    while not await server.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
        await asyncio.sleep(0.01)
    server.clock.stop_at(now + timedelta(minutes=5))
    await connection.close()
    await call

    # then
    assert await garage.references(booking.car_id) == []


async def test_who_borrows_nothing_is_not_told_that_a_booking_has_started(bookings_service, cast, make, server):
    server.clock.stop_at(now := server.clock())
    organization_id = new_id("org")
    booking = await make(await cast.member(organization_id), now + timedelta(minutes=5))
    other = await cast.member(organization_id)
    server.clock.stop_at(now + timedelta(minutes=5))

    refused = await refusal(
        bookings_service.CancelBooking(requests.cancel_booking(booking.id), metadata=other.metadata)
    )

    assert refused.reason == "BOOKING_NOT_BORROWER"


async def test_an_unknown_a_cancelled_and_another_organizations_booking_are_not_found(bookings_service, cast, make):
    # given
    member, stranger = await cast.member(new_id("org")), await cast.member(new_id("org"))
    cancelled, theirs = await make(member), await make(stranger)
    await bookings_service.CancelBooking(requests.cancel_booking(cancelled.id), metadata=member.metadata)

    # when
    refusals = [
        await refusal(bookings_service.CancelBooking(requests.cancel_booking(id), metadata=member.metadata))
        for id in (new_id("booking"), cancelled.id, theirs.id)
    ]

    # then
    assert {(refused.code, refused.reason) for refused in refusals} == {
        (grpc.StatusCode.NOT_FOUND, "BOOKING_NOT_FOUND")
    }
    listed = await bookings_service.ListBookings(requests.list_bookings(), metadata=stranger.metadata)
    assert [booking.id for booking in listed.bookings] == [theirs.id]


async def test_a_malformed_id_is_refused(bookings_service, cast):
    member = await cast.member(new_id("org"))

    refused = await refusal(
        bookings_service.CancelBooking(requests.cancel_booking(new_id("car")), metadata=member.metadata)
    )

    assert refused.violations == {"id": "INVALID_ID"}


async def test_a_car_that_is_gone_meanwhile_does_not_matter(bookings_service, cast, make, server):
    member = await cast.member(new_id("org"))
    booking = await make(member)
    await server.rows("DELETE FROM cars.car WHERE id = $1", decode("car", booking.car_id))

    await bookings_service.CancelBooking(requests.cancel_booking(booking.id), metadata=member.metadata)

    listed = await bookings_service.ListBookings(requests.list_bookings(), metadata=member.metadata)
    assert listed.total_size == 0


async def test_only_the_slot_of_the_booking_is_released(bookings_service, cast, make, server, garage):
    # given: a slot with the booking's bounds that is kept for something else
    member = await cast.member(new_id("org"))
    booking = await make(member)
    await server.rows(
        "UPDATE cars.unavailability SET caused_by_reason = 'maintenance', caused_by_reference = NULL WHERE car_id = $1",
        decode("car", booking.car_id),
    )

    # when
    await bookings_service.CancelBooking(requests.cancel_booking(booking.id), metadata=member.metadata)

    # then
    assert await garage.references(booking.car_id) == [None]
    assert (await server.events(booking.car_id))[-1] == "cars.car_unavailability_slot_added.v1"


async def test_of_ten_cancellations_at_once_one_wins(bookings_service, cast, make, server):
    member = await cast.member(new_id("org"))
    booking = await make(member)
    request = requests.cancel_booking(booking.id)

    answers = await asyncio.gather(
        *(bookings_service.CancelBooking(request, metadata=member.metadata) for _ in range(10)),
        return_exceptions=True,
    )

    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert len(await server.events(booking.id)) == 4
    assert len(await server.queued("usages", booking.id)) == 2


async def test_who_may_not_cancel_bookings(bookings_service, cast, make, garage):
    # given
    organization_id = new_id("org")
    booking = await make(await cast.member(organization_id))
    unpaid = await cast.member(organization_id, roles=("tenant_owner",), feature="basic_features")
    stranger = await cast.member(new_id("org"))
    request = requests.cancel_booking(booking.id)
    request.organization_id = organization_id

    # when
    reasons = [
        (await refusal(bookings_service.CancelBooking(request, metadata=metadata))).reason
        for metadata in (None, unpaid.metadata, stranger.metadata)
    ]

    # then
    assert reasons == ["NOT_AUTHENTICATED", "FEATURE_REQUIRED", "NOT_A_MEMBER"]
    assert await garage.references(booking.car_id) == [booking.id]


async def test_a_cancelled_period_may_be_booked_again(bookings_service, cast, make, garage):
    member = await cast.member(new_id("org"))
    booking = await make(member)
    await bookings_service.CancelBooking(requests.cancel_booking(booking.id), metadata=member.metadata)

    request = requests.make_booking(booking.car_id, NOON)
    request.ends_at.CopyFrom(to_timestamp(NOON + timedelta(hours=1)))
    again = await bookings_service.MakeBooking(request, metadata=member.metadata)

    assert await garage.references(booking.car_id) == [again.booking.id]
