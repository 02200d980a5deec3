"""Bookings of one organization stay its own, twice over: by the conditions of each statement, and by the database."""

import pytest
from tenantry.bookings.v1.bookings_service_pb2_grpc import BookingsServiceStub

from server.kernel.ids import new_id
from tests.bookings import requests
from tests.bookings.conftest import compose
from tests.cast import Cast
from tests.harness import refusal, running
from tests.row_security import without_organization


@pytest.mark.parametrize(
    "options", [{"rewrite": without_organization}, {"role": None}], ids=["database alone", "conditions alone"]
)
async def test_either_guard_alone_keeps_bookings_apart(bookings_service, garage, server, options):
    async with running(server.dsn, compose, **options) as unguarded:
        # given
        service, cast = BookingsServiceStub(unguarded.channel), Cast(unguarded)
        mine, theirs = await cast.member(new_id("org")), await cast.member(new_id("org"))
        my_car, their_car = await garage.car(mine), await garage.car(theirs)
        my_booking = await service.MakeBooking(requests.make_booking(my_car), metadata=mine.metadata)
        their_booking = await service.MakeBooking(requests.make_booking(their_car), metadata=theirs.metadata)

        # when
        listed = await service.ListBookings(requests.list_bookings(), metadata=mine.metadata)
        booked = await refusal(service.MakeBooking(requests.make_booking(their_car, 3), metadata=mine.metadata))
        cancelled = await refusal(
            service.CancelBooking(requests.cancel_booking(their_booking.booking.id), metadata=mine.metadata)
        )

        # then
        assert [booking.id for booking in listed.bookings] == [my_booking.booking.id]
        assert listed.total_size == 1
        assert (booked.reason, cancelled.reason) == ("CAR_NOT_FOUND", "BOOKING_NOT_FOUND")
        assert await garage.references(their_car) == [their_booking.booking.id]
