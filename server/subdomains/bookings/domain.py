"""
What is always true of a booking.

That nobody else has the car meanwhile is held by cars, in the same transaction.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from server.kernel.errors import Violation
from server.kernel.events import DomainEvent
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
    BookingReservationCanceled,
    BookingReservationMade,
    BookingTripAdded,
    BookingTripBegan,
    BookingTripEnded,
)

SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(hours=8)
USUAL = timedelta(hours=1)
_LATEST_START = datetime.max.replace(tzinfo=UTC) - LONGEST  # the calendar ends there


@dataclass(frozen=True, slots=True)
class Period:
    """How long a car is borrowed. The end is not part of it."""

    starts_at: datetime
    ends_at: datetime

    @classmethod
    def usual(cls, starts_at: datetime) -> "Period":
        """The period of a booking that does not say when it ends."""
        return cls(starts_at, min(starts_at, _LATEST_START) + USUAL)

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    def violations(self, *, now: datetime) -> Iterator[Violation]:
        """What is wrong with it as the period of a new booking."""
        if not now < self.starts_at <= _LATEST_START:
            yield Violation("starts_at", "INVALID_STARTS_AT", "must be in the future")
        if not SHORTEST <= self.length <= LONGEST:
            yield Violation("ends_at", "INVALID_ENDS_AT", "must be 15 minutes to 8 hours after starts_at")


@dataclass(slots=True)
class Trip:
    """One ride with the borrowed car. Begins once, and then ends once."""

    id: str
    began_at: datetime | None = None
    began_from: str | None = None
    ended_at: datetime | None = None
    ended_to: str | None = None

    def begin(self, from_location: str, now: datetime) -> None:
        """
        Drive off.

        Raises:
            TripAlreadyBegan: It has begun before.
            TripLocationMissing: It does not say where.
        """
        if self.began_at is not None:
            raise TripAlreadyBegan
        if not from_location.strip():
            raise TripLocationMissing
        self.began_at, self.began_from = now, from_location

    def end(self, to_location: str, now: datetime) -> None:
        """
        Arrive.

        Raises:
            TripNotBegun, TripAlreadyEnded: It is not under way.
            TripLocationMissing: It does not say where.
        """
        if self.began_at is None:
            raise TripNotBegun
        if self.ended_at is not None:
            raise TripAlreadyEnded
        if not to_location.strip():
            raise TripLocationMissing
        self.ended_at, self.ended_to = now, to_location


@dataclass(slots=True, kw_only=True)
class Booking:
    """The aggregate. Made by :meth:`make`, or by the repository from its row."""

    aggregate_type: ClassVar[str] = "Booking"

    id: str
    organization_id: str
    created_at: datetime
    car_id: str
    borrower_id: str
    period: Period
    trips: list[Trip] = field(default_factory=list)
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def make(
        cls, *, id: str, organization_id: str, car_id: str, borrower_id: str, period: Period, now: datetime
    ) -> "Booking":
        """
        Borrow a car for a while.

        Raises:
            BookingRequiresCar: There is no car.
        """
        if not car_id:
            raise BookingRequiresCar
        booking = cls(
            id=id,
            organization_id=organization_id,
            created_at=now,
            car_id=car_id,
            borrower_id=borrower_id,
            period=period,
        )
        booking._happened(BookingCreated)
        booking._happened(BookingCarChanged, car_id=car_id)
        booking._happened(
            BookingReservationMade, borrower_id=borrower_id, starts_at=period.starts_at, ends_at=period.ends_at
        )
        return booking

    def cancel(self, *, canceler_id: str, is_owner: bool, now: datetime) -> None:
        """
        Give the booking up.

        Raises:
            BookingNotBorrower: Somebody wants to who neither borrows nor is an owner of the organization.
            BookingAlreadyStarted: It is too late.
        """
        if canceler_id != self.borrower_id and not is_owner:
            raise BookingNotBorrower
        if self.period.starts_at <= now:
            raise BookingAlreadyStarted
        self._happened(
            BookingReservationCanceled,
            car_id=self.car_id,
            borrower_id=self.borrower_id,
            starts_at=self.period.starts_at,
            ends_at=self.period.ends_at,
            canceled_by_id=canceler_id,
        )

    def begin_trip(self, *, trip_id: str, from_location: str, now: datetime) -> Trip:
        """
        Drive off with the car.

        Raises:
            TripLocationMissing: It does not say from where.
        """
        trip = Trip(trip_id)
        trip.begin(from_location, now)
        self.trips.append(trip)
        self._happened(BookingTripAdded, trip_id=trip.id)
        self._happened(BookingTripBegan, trip_id=trip.id, began_at=now, began_from=from_location)
        return trip

    def end_trip(self, *, trip_id: str, to_location: str, now: datetime) -> None:
        """
        Arrive with the car.

        Raises:
            TripNotBegun, TripAlreadyEnded: The trip is not under way.
            TripLocationMissing: It does not say where.
        """
        trip = next((trip for trip in self.trips if trip.id == trip_id), None)
        if trip is None:
            raise TripNotBegun
        trip.end(to_location, now)
        self._happened(BookingTripEnded, trip_id=trip.id, ended_at=now, ended_to=to_location)

    def _happened(self, event: type[DomainEvent], **facts: object) -> None:
        self.events.append(event(booking_id=self.id, organization_id=self.organization_id, **facts))  # type: ignore[call-arg]
