"""What others may learn of cars."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class CarCreated(DomainEvent):
    name: ClassVar[str] = "cars.car_created.v1"
    is_public: ClassVar[bool] = True

    car_id: str
    organization_id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarManufacturerChanged(DomainEvent):
    name: ClassVar[str] = "cars.car_manufacturer_changed.v1"
    is_public: ClassVar[bool] = True

    car_id: str
    organization_id: str
    year: int
    make: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarOwnershipChanged(DomainEvent):
    name: ClassVar[str] = "cars.car_ownership_changed.v1"
    is_public: ClassVar[bool] = True

    car_id: str
    organization_id: str
    owner: str
    managers: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarRegistrationChanged(DomainEvent):
    name: ClassVar[str] = "cars.car_registration_changed.v1"
    is_public: ClassVar[bool] = True

    car_id: str
    organization_id: str
    jurisdiction: str
    number: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarUnavailabilitySlotAdded(DomainEvent):
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
    name: ClassVar[str] = "cars.car_unavailability_slot_removed.v1"
    is_public: ClassVar[bool] = True

    car_id: str
    organization_id: str
    unavailability_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarDeleted(DomainEvent):
    name: ClassVar[str] = "cars.car_deleted.v1"
    is_public: ClassVar[bool] = True

    car_id: str
    organization_id: str
    deleted_by_id: str
