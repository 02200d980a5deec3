"""What is always true of a booking and its trips."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.kernel.ids import new_id
from server.subdomains.bookings.domain import Booking, Period, Trip
from server.subdomains.bookings.errors import (
    BookingAlreadyStarted,
    BookingNotBorrower,
    BookingRequiresCar,
    TripAlreadyBegan,
    TripAlreadyEnded,
    TripLocationMissing,
    TripNotBegun,
)
from server.subdomains.bookings.events import (
    BookingCarChanged,
    BookingCreated,
    BookingReservationMade,
    BookingTripAdded,
    BookingTripBegan,
    BookingTripEnded,
)

NOW = datetime(2030, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def booked(**changes) -> Booking:
    facts: dict[str, Any] = {
        "id": new_id("booking"),
        "organization_id": new_id("org"),
        "car_id": new_id("car"),
        "borrower_id": new_id("user"),
        "period": Period.usual(NOW + timedelta(hours=1)),
        "now": NOW,
    }
    return Booking.make(**(facts | changes))


def test_a_new_booking_says_what_has_happened():
    booking = booked()

    assert [type(event) for event in booking.events] == [BookingCreated, BookingCarChanged, BookingReservationMade]
    assert {event.payload()["organization_id"] for event in booking.events} == {booking.organization_id}


def test_a_booking_is_for_a_car():
    with pytest.raises(BookingRequiresCar):
        booked(car_id="")


@pytest.mark.parametrize(
    ("length", "is_right"),
    [
        (timedelta(minutes=15), True),
        (timedelta(minutes=15) - MICROSECOND, False),
        (timedelta(hours=8), True),
        (timedelta(hours=8) + MICROSECOND, False),
        (timedelta(0), False),
        (-timedelta(hours=1), False),
    ],
)
def test_a_period_lasts_from_15_minutes_to_8_hours(length, is_right):
    starts_at = NOW + MICROSECOND

    violations = list(Period(starts_at, starts_at + length).violations(now=NOW))

    assert [violation.reason for violation in violations] == ([] if is_right else ["INVALID_ENDS_AT"])


def test_a_period_starts_after_now():
    [violation] = Period.usual(NOW).violations(now=NOW)

    assert (violation.field, violation.reason) == ("starts_at", "INVALID_STARTS_AT")


def test_only_the_borrower_and_owners_cancel():
    booking = booked()

    with pytest.raises(BookingNotBorrower):
        booking.cancel(canceler_id=new_id("user"), is_owner=False, now=NOW)
    booking.cancel(canceler_id=new_id("user"), is_owner=True, now=NOW)


def test_a_booking_that_has_started_is_not_cancelled():
    booking = booked()

    with pytest.raises(BookingAlreadyStarted):
        booking.cancel(canceler_id=booking.borrower_id, is_owner=False, now=booking.period.starts_at)
    booking.cancel(canceler_id=booking.borrower_id, is_owner=False, now=booking.period.starts_at - MICROSECOND)


def test_a_trip_begins_and_ends():
    booking = booked()
    booking.events.clear()

    trip = booking.begin_trip(trip_id=new_id("trip"), from_location="Wellington", now=NOW)
    booking.end_trip(trip_id=trip.id, to_location="Napier", now=NOW + timedelta(hours=4))

    assert booking.trips == [Trip(trip.id, NOW, "Wellington", NOW + timedelta(hours=4), "Napier")]
    assert [type(event) for event in booking.events] == [BookingTripAdded, BookingTripBegan, BookingTripEnded]


def test_a_trip_begins_once_and_ends_once():
    trip = Trip(new_id("trip"))
    trip.begin("Wellington", NOW)

    with pytest.raises(TripAlreadyBegan):
        trip.begin("Wellington", NOW)
    trip.end("Napier", NOW)
    with pytest.raises(TripAlreadyEnded):
        trip.end("Napier", NOW)


def test_a_trip_ends_only_after_it_began():
    with pytest.raises(TripNotBegun):
        Trip(new_id("trip")).end("Napier", NOW)
    with pytest.raises(TripNotBegun):
        booked().end_trip(trip_id=new_id("trip"), to_location="Napier", now=NOW)


def test_a_trip_begins_and_ends_somewhere():
    booking = booked()

    with pytest.raises(TripLocationMissing):
        booking.begin_trip(trip_id=new_id("trip"), from_location=" ", now=NOW)
    assert booking.trips == []

    trip = booking.begin_trip(trip_id=new_id("trip"), from_location="Wellington", now=NOW)
    with pytest.raises(TripLocationMissing):
        booking.end_trip(trip_id=trip.id, to_location="", now=NOW)
    assert trip.ended_at is None
