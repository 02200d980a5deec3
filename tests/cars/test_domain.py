"""What is always true of a car."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.kernel.ids import new_id
from server.subdomains.cars.domain import (
    MAINTENANCE_LEAD_TIME,
    Car,
    CarRules,
    CarStatus,
    Cause,
    Manufacturer,
    Plate,
    Slot,
)
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

NOW = datetime(2030, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SLOT = Slot(NOW + timedelta(hours=1), NOW + timedelta(hours=2))
RULES = CarRules(frozenset({"Honda", "A+B"}), frozenset({"Civic", "X" * 51}), frozenset({"New Zealand", "N/A"}))
GOOD: dict[str, Any] = {
    "make": "Honda",
    "model": "Civic",
    "year": 2020,
    "jurisdiction": "New Zealand",
    "number": "ABC 123",
}


def registered(**changes) -> Car:
    facts: dict[str, Any] = {
        "id": new_id("car"),
        "organization_id": new_id("org"),
        "manufacturer": Manufacturer(2020, "Honda", "Civic"),
        "owner_id": new_id("user"),
        "plate": Plate("New Zealand", "ABC123"),
        "now": NOW,
    }
    return Car.register(**(facts | changes))


def test_a_new_car_says_what_has_happened():
    car = registered(owner_id="user_1")

    assert [type(event) for event in car.events] == [
        CarCreated,
        CarManufacturerChanged,
        CarOwnershipChanged,
        CarRegistrationChanged,
    ]
    created, _, owned, plated = [event.payload() for event in car.events]
    assert (created["status"], plated["status"]) == ("unregistered", "registered")
    assert (owned["owner"], owned["managers"]) == ("user_1", ["user_1"])
    assert (car.status, car.manager_ids) == (CarStatus.REGISTERED, ["user_1"])


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, []),
        ({"make": "honda"}, ["CAR_INVALID_MAKE"]),
        ({"model": "CIVIC"}, ["CAR_INVALID_MODEL"]),
        ({"make": "A+B"}, ["CAR_INVALID_MAKE"]),
        ({"model": "X" * 51}, ["CAR_INVALID_MODEL"]),
        ({"year": 1917}, []),
        ({"year": 1916}, ["CAR_INVALID_YEAR"]),
        ({"year": 2031}, []),
        ({"year": 2032}, ["CAR_INVALID_YEAR"]),
        ({"jurisdiction": "new zealand"}, ["CAR_INVALID_JURISDICTION"]),
        ({"jurisdiction": "N/A"}, ["CAR_INVALID_JURISDICTION"]),
        ({"number": "A"}, []),
        ({"number": "ÄÖÜ_1 2"}, []),
        ({"number": "A" * 15}, []),
        ({"number": "A" * 16}, ["CAR_INVALID_NUMBER_PLATE"]),
        ({"number": ""}, ["CAR_INVALID_NUMBER_PLATE"]),
        ({"number": "  "}, ["CAR_INVALID_NUMBER_PLATE"]),
        ({"number": "ABC\n"}, ["CAR_INVALID_NUMBER_PLATE"]),
        ({"make": "", "number": "-"}, ["CAR_INVALID_MAKE", "CAR_INVALID_NUMBER_PLATE"]),
    ],
)
def test_a_deployment_says_which_cars_it_takes(changes, reasons):
    violations = RULES.violations(**(GOOD | changes), this_year=2030)

    assert [violation.reason for violation in violations] == reasons


@pytest.mark.parametrize(
    ("slot", "lead_time", "reasons"),
    [
        (Slot(NOW + MICROSECOND, NOW + 2 * MICROSECOND), timedelta(), []),
        (Slot(NOW, NOW + MICROSECOND), timedelta(), ["INVALID_STARTS_AT"]),
        (Slot(NOW + MICROSECOND, NOW + MICROSECOND), timedelta(), ["INVALID_ENDS_AT"]),
        (Slot(NOW, NOW), timedelta(), ["INVALID_STARTS_AT", "INVALID_ENDS_AT"]),
        (SLOT, MAINTENANCE_LEAD_TIME, ["MAINTENANCE_LEAD_TIME"]),
        (Slot(NOW + timedelta(hours=24), NOW + timedelta(hours=25)), MAINTENANCE_LEAD_TIME, ["MAINTENANCE_LEAD_TIME"]),
        (Slot(NOW + timedelta(hours=24) + MICROSECOND, NOW + timedelta(hours=25)), MAINTENANCE_LEAD_TIME, []),
        (Slot(NOW, NOW + MICROSECOND), MAINTENANCE_LEAD_TIME, ["INVALID_STARTS_AT"]),
    ],
)
def test_a_new_slot_lies_in_the_future(slot, lead_time, reasons):
    assert [violation.reason for violation in slot.violations(now=NOW, lead_time=lead_time)] == reasons


@pytest.mark.parametrize(
    ("missing", "refusal"),
    [
        ({"manufacturer": None}, CarNotManufactured),
        ({"owner_id": None}, CarNotOwned),
        ({"plate": None}, CarNotRegistered),
    ],
)
def test_only_a_complete_car_is_withdrawn(missing, refusal):
    car = registered()
    car.events.clear()
    for name, value in missing.items():
        setattr(car, name, value)

    with pytest.raises(refusal):
        car.withdraw(id=new_id("unavail"), slot=SLOT, cause=Cause.OFFLINE)
    assert car.events == []


def test_a_reservation_says_what_it_is_for():
    car = registered()
    car.events.clear()

    reserved = car.reserve(id="unavail_1", slot=SLOT, reference="booking_1", now=NOW)

    assert (reserved.cause, reserved.reference, reserved.slot) == (Cause.RESERVATION, "booking_1", SLOT)
    [event] = car.events
    assert isinstance(event, CarUnavailabilitySlotAdded)
    assert event.payload() == {
        "car_id": car.id,
        "organization_id": car.organization_id,
        "unavailability_id": "unavail_1",
        "starts_at": SLOT.starts_at.isoformat(),
        "ends_at": SLOT.ends_at.isoformat(),
        "caused_by_reason": "reservation",
        "caused_by_reference": "booking_1",
    }


@pytest.mark.parametrize("reference", ["", "x" * 251, "a\nb"])
def test_a_reservation_without_a_reference_is_refused(reference):
    with pytest.raises(ReferenceMissing):
        registered().reserve(id=new_id("unavail"), slot=SLOT, reference=reference, now=NOW)


def test_a_reservation_starts_strictly_after_now():
    car = registered()

    with pytest.raises(ReserveInPast):
        car.reserve(id=new_id("unavail"), slot=SLOT, reference="x", now=SLOT.starts_at)
    car.reserve(id=new_id("unavail"), slot=SLOT, reference="x", now=SLOT.starts_at - MICROSECOND)


def test_a_release_says_which_slot_is_gone():
    car = registered()
    car.events.clear()

    car.release("unavail_1")

    assert [(type(event), event.payload()["unavailability_id"]) for event in car.events] == [
        (CarUnavailabilitySlotRemoved, "unavail_1")
    ]


def test_only_the_owner_deletes_a_car_and_only_an_unreserved_one():
    car = registered(owner_id="user_1")
    car.events.clear()

    with pytest.raises(CarNotDeletedByOwner):
        car.delete(deleter_id="user_2", is_reserved=True)
    with pytest.raises(CarHasReservations):
        car.delete(deleter_id="user_1", is_reserved=True)
    assert car.events == []
    car.delete(deleter_id="user_1", is_reserved=False)

    assert [(type(event), event.payload()["deleted_by_id"]) for event in car.events] == [(CarDeleted, "user_1")]
