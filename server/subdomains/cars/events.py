"""What others may learn of cars."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class CarCreated(DomainEvent):
    """The organization has a new car."""

    name: ClassVar[str] = "cars.car_created.v1"
    is_public: ClassVar[bool] = True

    car_id: str
    organization_id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarManufacturerChanged(DomainEvent):
    """It is known who made the car, and when."""

    name: ClassVar[str] = "cars.car_manufacturer_changed.v1"
    is_public: ClassVar[bool] = True

    car_id: str
    organization_id: str
    year: int
    make: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarOwnershipChanged(DomainEvent):
    """It is known who owns the car, and who looks after it."""

    name: ClassVar[str] = "cars.car_ownership_changed.v1"
    is_public: ClassVar[bool] = True

    car_id: str
    organization_id: str
    owner: str
    managers: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarRegistrationChanged(DomainEvent):
    """The car has a plate."""

    name: ClassVar[str] = "cars.car_registration_changed.v1"
    is_public: ClassVar[bool] = True

    car_id: str
    organization_id: str
    jurisdiction: str
    number: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarUnavailabilitySlotAdded(DomainEvent):
    """The car cannot be had for a time."""

    name: ClassVar[str] = "cars.car_unavailability_slot_added.v1"
    is_public: ClassVar[bool] = True

    car_id: str
    organization_id: str
    unavailability_id: str
    starts_at: datetime
    ends_at: datetime
    caused_by_reason: str
    caused_by_reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarUnavailabilitySlotRemoved(DomainEvent):
    """The car can be had again for that time."""

    name: ClassVar[str] = "cars.car_unavailability_slot_removed.v1"
    is_public: ClassVar[bool] = True

    car_id: str
    organization_id: str
    unavailability_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarDeleted(DomainEvent):
    """The organization has the car no more."""

    name: ClassVar[str] = "cars.car_deleted.v1"
    is_public: ClassVar[bool] = True

    car_id: str
    organization_id: str
    deleted_by_id: str
