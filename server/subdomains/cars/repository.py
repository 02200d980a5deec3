"""How cars are stored: all SQL about them."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, insert, literal, or_, select, update

from server.kernel import lists
from server.kernel.database import Reader, UnitOfWork
from server.kernel.database.types import Id, Instant, Word
from server.kernel.errors import Refusal
from server.kernel.lists import ListQuery, Page
from server.subdomains.cars import tables
from server.subdomains.cars.domain import Car, CarStatus, Cause, Manufacturer, Plate, Slot, Unavailability
from server.subdomains.cars.errors import CarNotFound

_car, _slot = tables.car.c, tables.unavailability.c
_ORGANIZATION = bindparam("organization_id", type_=Id("org"))
_STATUS = bindparam("status", type_=Word(CarStatus))
_OWNER = bindparam("owner_id", type_=Id("user"))
_STARTS = bindparam("starts_at", type_=Instant)
_ENDS = bindparam("ends_at", type_=Instant)
_ORDER = {
    "created_at": _car.created_at,
    "make": _car.make,
    "model": _car.model,
    "year": _car.year,
    "number_plate": _car.number_plate,
}

_INSERT = insert(tables.car)
_FIND = select(tables.car).where(_car.organization_id == _ORGANIZATION, _car.id == bindparam("id"))
_LOCK = _FIND.with_for_update()
_SAVE = (
    update(tables.car)
    .where(_car.organization_id == _ORGANIZATION, _car.id == bindparam("car_id"))
    .values(version=bindparam("version"))
)
_DELETE = delete(tables.car).where(_car.organization_id == _ORGANIZATION, _car.id == bindparam("id"))
_IS_RESERVED = select(
    exists()
    .where(
        _slot.organization_id == _ORGANIZATION,
        _slot.car_id == bindparam("id", type_=Id("car")),
        _slot.caused_by_reason == literal(Cause.RESERVATION, Word(Cause)),
        _slot.ends_at > bindparam("now", type_=Instant),
    )
    .label("is_reserved")
)
_ADD_SLOT = insert(tables.unavailability)
_REMOVE_RESERVATION = (
    delete(tables.unavailability)
    .where(
        _slot.organization_id == _ORGANIZATION,
        _slot.car_id == bindparam("car_id"),
        _slot.starts_at == _STARTS,
        _slot.ends_at == _ENDS,
        _slot.caused_by_reason == literal(Cause.RESERVATION, Word(Cause)),
        _slot.caused_by_reference == bindparam("reference"),
    )
    .returning(_slot.id)
)
_LIST = ListQuery(
    tables.car,
    _car.organization_id == _ORGANIZATION,
    or_(_STATUS.is_(None), _car.status == _STATUS),
    or_(_OWNER.is_(None), _car.owner_id == _OWNER),
    columns=_ORDER,
    id=_car.id,
)
_LIST_AVAILABLE = ListQuery(
    tables.car,
    _car.organization_id == _ORGANIZATION,
    _car.status == literal(CarStatus.REGISTERED, Word(CarStatus)),
    ~exists().where(
        _slot.organization_id == _car.organization_id,
        _slot.car_id == _car.id,
        # A bound that is null leaves the range open on that side; the exclusion constraint's index finds the slots.
        func.tstzrange(_slot.starts_at, _slot.ends_at).op("&&")(func.tstzrange(_STARTS, _ENDS)),
    ),
    columns=_ORDER,
    id=_car.id,
)
_LIST_SLOTS = ListQuery(
    tables.unavailability,
    _slot.organization_id == _ORGANIZATION,
    _slot.car_id == bindparam("car_id"),
    columns={"created_at": _slot.created_at, "starts_at": _slot.starts_at},
    id=_slot.id,
)


class CarRepository:
    """The cars of organizations, within one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add(self, car: Car) -> None:
        """Insert a new car and publish its events."""
        await self._uow.write(_INSERT, _to_row(car))
        await self._uow.publish(car)

    async def get(self, organization_id: str, car_id: str) -> Car:
        """
        Load a car and keep others from changing it until the end of the transaction.

        Raises:
            CarNotFound: The organization has no such car.
        """
        row = await self._uow.fetch_one(_LOCK, {"organization_id": organization_id, "id": car_id})
        if row is None:
            raise CarNotFound
        return _from_row(row)

    async def is_reserved(self, car: Car, now: datetime) -> bool:
        """Whether a reservation of a loaded car ends in the future."""
        parameters = {"organization_id": car.organization_id, "id": car.id, "now": now}
        row = await self._uow.fetch_one(_IS_RESERVED, parameters)
        return bool(row and row.is_reserved)

    async def delete(self, car: Car) -> None:
        """Delete a loaded car with its unavailabilities and publish its events."""
        await self._uow.write(_DELETE, {"organization_id": car.organization_id, "id": car.id})
        await self._uow.publish(car)

    async def withdraw(self, car: Car, unavailability: Unavailability, now: datetime, refusal: Refusal) -> None:
        """Add a slot to a loaded car and publish. An overlap raises *refusal* when the transaction ends."""
        row = {
            "organization_id": car.organization_id,
            "id": unavailability.id,
            "car_id": car.id,
            "created_at": now,
            "starts_at": unavailability.slot.starts_at,
            "ends_at": unavailability.slot.ends_at,
            "caused_by_reason": unavailability.cause,
            "caused_by_reference": unavailability.reference,
        }
        await self._uow.write(_ADD_SLOT, row, {"unavailability_slots_do_not_overlap": refusal})
        await self.save(car)

    async def release(self, car: Car, slot: Slot, reference: str) -> str | None:
        """Remove the reservation that matches exactly, and say which it was."""
        parameters = {
            "organization_id": car.organization_id,
            "car_id": car.id,
            "starts_at": slot.starts_at,
            "ends_at": slot.ends_at,
            "reference": reference,
        }
        row = await self._uow.fetch_one(_REMOVE_RESERVATION, parameters)
        return None if row is None else str(row.id)

    async def save(self, car: Car) -> None:
        """Publish the new events of a loaded car."""
        version = car.version + len(car.events)
        row = {"organization_id": car.organization_id, "car_id": car.id, "version": version}
        await self._uow.write(_SAVE, row)
        await self._uow.publish(car)


class CarReader:
    """Reads of cars, one round trip each."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def get(self, organization_id: str, car_id: str) -> Car:
        """
        Find a car.

        Raises:
            CarNotFound: The organization has no such car.
        """
        row = await self._reader.fetch_one(_FIND, {"organization_id": organization_id, "id": car_id})
        if row is None:
            raise CarNotFound
        return _from_row(row)

    async def list_cars(
        self, organization_id: str, page: Page, *, status: CarStatus | None, owner_id: str | None
    ) -> list[Any]:
        """Rows of cars, one more than the page holds."""
        filters = {"organization_id": organization_id, "status": status, "owner_id": owner_id}
        return await self._reader.fetch_all(_LIST.of(page), filters | lists.after(page))

    async def list_available(
        self, organization_id: str, page: Page, *, starts_at: datetime | None, ends_at: datetime | None
    ) -> list[Any]:
        """Rows of registered cars without a slot that overlaps the frame, one more than the page holds."""
        filters = {"organization_id": organization_id, "starts_at": starts_at, "ends_at": ends_at}
        return await self._reader.fetch_all(_LIST_AVAILABLE.of(page), filters | lists.after(page))

    async def list_unavailabilities(self, organization_id: str, car_id: str, page: Page) -> list[Any]:
        """Rows of a car's slots, one more than the page holds."""
        filters = {"organization_id": organization_id, "car_id": car_id}
        return await self._reader.fetch_all(_LIST_SLOTS.of(page), filters | lists.after(page))


def car_of(row: Any) -> Car:
    """The car that a row of a list stands for."""
    return _from_row(row)


def unavailability_of(row: Any) -> Unavailability:
    """The unavailability that a row of a list stands for."""
    return Unavailability(row.id, Slot(row.starts_at, row.ends_at), row.caused_by_reason, row.caused_by_reference)


def _to_row(car: Car) -> dict[str, Any]:
    return {
        "organization_id": car.organization_id,
        "id": car.id,
        "created_at": car.created_at,
        "status": car.status,
        "year": car.manufacturer.year if car.manufacturer else None,
        "make": car.manufacturer.make if car.manufacturer else None,
        "model": car.manufacturer.model if car.manufacturer else None,
        "owner_id": car.owner_id,
        "manager_ids": car.manager_ids,
        "jurisdiction": car.plate.jurisdiction if car.plate else None,
        "number_plate": car.plate.number if car.plate else None,
        "version": car.version + len(car.events),
    }


def _from_row(row: Any) -> Car:
    return Car(
        id=row.id,
        organization_id=row.organization_id,
        created_at=row.created_at,
        status=row.status,
        manufacturer=Manufacturer(row.year, row.make, row.model) if row.make is not None else None,
        owner_id=row.owner_id,
        manager_ids=row.manager_ids,
        plate=Plate(row.jurisdiction, row.number_plate) if row.number_plate is not None else None,
        version=row.version,
    )
