"""What others may learn of bookings."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCreated(DomainEvent):
    """A booking was begun."""

    name: ClassVar[str] = "bookings.booking_created.v1"
    is_public: ClassVar[bool] = True

    booking_id: str
    organization_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCarChanged(DomainEvent):
    """It is known which car is booked."""

    name: ClassVar[str] = "bookings.booking_car_changed.v1"
    is_public: ClassVar[bool] = True

    booking_id: str
    organization_id: str
    car_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingReservationMade(DomainEvent):
    """The car is reserved for a time."""

    name: ClassVar[str] = "bookings.booking_reservation_made.v1"
    is_public: ClassVar[bool] = True

    booking_id: str
    organization_id: str
    borrower_id: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingReservationCanceled(DomainEvent):
    """The reservation was given up."""

    name: ClassVar[str] = "bookings.booking_reservation_canceled.v1"
    is_public: ClassVar[bool] = True

    booking_id: str
    organization_id: str
    car_id: str
    borrower_id: str
    starts_at: datetime
    ends_at: datetime
    canceled_by_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingTripAdded(DomainEvent):
    """A trip belongs to the booking."""

    name: ClassVar[str] = "bookings.booking_trip_added.v1"
    is_public: ClassVar[bool] = True

    booking_id: str
    organization_id: str
    trip_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingTripBegan(DomainEvent):
    """The trip has begun."""

    name: ClassVar[str] = "bookings.booking_trip_began.v1"
    is_public: ClassVar[bool] = True

    booking_id: str
    organization_id: str
    trip_id: str
    began_at: datetime
    began_from: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingTripEnded(DomainEvent):
    """The trip has ended."""

    name: ClassVar[str] = "bookings.booking_trip_ended.v1"
    is_public: ClassVar[bool] = True

    booking_id: str
    organization_id: str
    trip_id: str
    ended_at: datetime
    ended_to: str
