"""
What is always true of a car.

That no two slots of a car overlap is held by the database itself (``unavailability_slots_do_not_overlap``): of two
calls that race, the loser gets the same answer as one that came later.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from server.kernel import values
from server.kernel.errors import Violation
from server.kernel.events import DomainEvent
from server.subdomains.cars.errors import (
    CarHasReservations,
    CarNotDeletedByOwner,
    CarNotManufactured,
    CarNotOwned,
    CarNotRegistered,
    ReferenceMissing,
    ReserveInPast,
)
from server.subdomains.cars.events import (
    CarCreated,
    CarDeleted,
    CarManufacturerChanged,
    CarOwnershipChanged,
    CarRegistrationChanged,
    CarUnavailabilitySlotAdded,
    CarUnavailabilitySlotRemoved,
)

FIRST_YEAR = 1917
MAINTENANCE_LEAD_TIME = timedelta(hours=24)
_LONGEST_MAKE = 50
_LONGEST_REFERENCE = 250
_JURISDICTION = re.compile(r"[\w\-. ]{1,50}")
_PLATE = re.compile(r"[\w ]{1,15}")


class CarStatus(StrEnum):
    """Whether a car has a number plate."""

    UNREGISTERED = "unregistered"
    REGISTERED = "registered"


class Cause(StrEnum):
    """Why a car is not available."""

    OTHER = "other"
    RESERVATION = "reservation"
    MAINTENANCE = "maintenance"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class CarRules:
    """Which cars a deployment takes."""

    makes: frozenset[str]
    models: frozenset[str]
    jurisdictions: frozenset[str]

    def violations(
        self, *, make: str, model: str, year: int, jurisdiction: str, number: str, this_year: int
    ) -> Iterator[Violation]:
        """What is wrong with the particulars of a new car."""
        if make not in self.makes or values.descriptive_name(make, _LONGEST_MAKE) is None:
            yield Violation("make", "CAR_INVALID_MAKE", "is not a make that can be registered here")
        if model not in self.models or values.descriptive_name(model, _LONGEST_MAKE) is None:
            yield Violation("model", "CAR_INVALID_MODEL", "is not a model that can be registered here")
        if not FIRST_YEAR <= year <= this_year + 1:
            yield Violation("year", "CAR_INVALID_YEAR", f"must be from {FIRST_YEAR} to {this_year + 1}")
        if jurisdiction not in self.jurisdictions or _JURISDICTION.fullmatch(jurisdiction) is None:
            yield Violation("jurisdiction", "CAR_INVALID_JURISDICTION", "does not issue plates that are known here")
        if _PLATE.fullmatch(number) is None or not number.strip():
            description = "must be 1 to 15 letters, digits and spaces"
            yield Violation("number_plate", "CAR_INVALID_NUMBER_PLATE", description)


@dataclass(frozen=True, slots=True)
class Manufacturer:
    """Who built a car, and when."""

    year: int
    make: str
    model: str


@dataclass(frozen=True, slots=True)
class Plate:
    """A number plate. Not unique."""

    jurisdiction: str
    number: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of time. The end is not part of it."""

    starts_at: datetime
    ends_at: datetime

    def violations(self, *, now: datetime, lead_time: timedelta = timedelta()) -> Iterator[Violation]:
        """What is wrong with it as a new slot."""
        if self.starts_at <= now:
            yield Violation("starts_at", "INVALID_STARTS_AT", "must be in the future")
        elif lead_time and self.starts_at <= now + lead_time:
            yield Violation("starts_at", "MAINTENANCE_LEAD_TIME", "must be more than 24 hours from now")
        if self.ends_at <= self.starts_at:
            yield Violation("ends_at", "INVALID_ENDS_AT", "must be after starts_at")


@dataclass(frozen=True, slots=True)
class Unavailability:
    """A slot in which a car cannot be borrowed, and why."""

    id: str
    slot: Slot
    cause: Cause
    reference: str | None = None


@dataclass(slots=True, kw_only=True)
class Car:
    """The aggregate. Made by :meth:`register`, or by the repository from its row."""

    aggregate_type: ClassVar[str] = "Car"

    id: str
    organization_id: str
    created_at: datetime
    status: CarStatus = CarStatus.UNREGISTERED
    manufacturer: Manufacturer | None = None
    owner_id: str | None = None
    manager_ids: list[str] = field(default_factory=list)
    plate: Plate | None = None
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def register(
        cls,
        *,
        id: str,
        organization_id: str,
        manufacturer: Manufacturer,
        owner_id: str,
        plate: Plate,
        now: datetime,
    ) -> "Car":
        """Add a car to an organization's fleet."""
        car = cls(id=id, organization_id=organization_id, created_at=now)
        car._happened(CarCreated, status=car.status.value)
        car.manufacturer = manufacturer
        car._happened(CarManufacturerChanged, year=manufacturer.year, make=manufacturer.make, model=manufacturer.model)
        car.owner_id, car.manager_ids = owner_id, [owner_id]
        car._happened(CarOwnershipChanged, owner=owner_id, managers=[owner_id])
        car.plate, car.status = plate, CarStatus.REGISTERED
        car._happened(
            CarRegistrationChanged, jurisdiction=plate.jurisdiction, number=plate.number, status=car.status.value
        )
        return car

    def delete(self, *, deleter_id: str, is_reserved: bool) -> None:
        """
        Take the car out of the fleet for good.

        Raises:
            CarNotDeletedByOwner: Somebody else wants to.
            CarHasReservations: A reservation ends in the future.
        """
        if deleter_id != self.owner_id:
            raise CarNotDeletedByOwner
        if is_reserved:
            raise CarHasReservations
        self._happened(CarDeleted, deleted_by_id=deleter_id)

    def withdraw(self, *, id: str, slot: Slot, cause: Cause, reference: str | None = None) -> Unavailability:
        """
        Make the car unavailable for a while.

        Raises:
            CarNotManufactured, CarNotOwned, CarNotRegistered: The car is not complete.
        """
        if self.manufacturer is None:
            raise CarNotManufactured
        if self.owner_id is None:
            raise CarNotOwned
        if self.plate is None:
            raise CarNotRegistered
        self._happened(
            CarUnavailabilitySlotAdded,
            unavailability_id=id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            caused_by_reason=cause.value,
            caused_by_reference=reference,
        )
        return Unavailability(id, slot, cause, reference)

    def reserve(self, *, id: str, slot: Slot, reference: str, now: datetime) -> Unavailability:
        """
        Make the car unavailable because somebody borrows it.

        Raises:
            ReserveInPast: The slot does not start after now.
            ReferenceMissing: It does not say what for.
        """
        if slot.starts_at <= now:
            raise ReserveInPast
        if values.descriptive_name(reference, _LONGEST_REFERENCE) is None:
            raise ReferenceMissing
        return self.withdraw(id=id, slot=slot, cause=Cause.RESERVATION, reference=reference)

    def release(self, unavailability_id: str) -> None:
        """Make the car available again for a slot that was reserved."""
        self._happened(CarUnavailabilitySlotRemoved, unavailability_id=unavailability_id)

    def _happened(self, event: type[DomainEvent], **facts: object) -> None:
        self.events.append(event(car_id=self.id, organization_id=self.organization_id, **facts))  # type: ignore[call-arg]
