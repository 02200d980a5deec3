"""The use cases of cars: one public method each, in the order of the contract."""

from collections.abc import Callable, Iterator
from datetime import datetime

from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader, UnitOfWork
from server.kernel.errors import Refusal, Violation
from server.kernel.lists import Lists, Ordering, Page, Paged
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.usages.api import UsagesApi
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
from server.subdomains.cars.errors import CarNotFound, CarUnavailable
from server.subdomains.cars.repository import CarReader, CarRepository, car_of, unavailability_of
from server.subdomains.cars.settings import CarsSettings

CAR_ORDERING = Ordering(("created_at", "make", "model", "year", "number_plate"), "created_at")
SLOT_ORDERING = Ordering(("created_at", "starts_at"), "created_at")


class CarsApplication:
    """What can be done with cars."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        lists: Lists,
        rules: CarRules,
        usages: UsagesApi,
        new_id: Callable[[str], str],
        now: Clock,
    ) -> None:
        self._begin = begin
        self._cars = CarReader(reader)
        self._lists = lists
        self._rules = rules
        self._usages = usages
        self._new_id = new_id
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "CarsApplication":
        settings: CarsSettings = platform.read_settings(CarsSettings)
        return cls(
            begin=platform.begin,
            reader=platform.reader,
            lists=platform.lists,
            rules=CarRules(
                frozenset(settings.cars_makes), frozenset(settings.cars_models), frozenset(settings.cars_jurisdictions)
            ),
            usages=UsagesApi.of(platform),
            new_id=platform.new_id,
            now=platform.clock,
        )

    def violations_of_registration(
        self, *, make: str, model: str, year: int, jurisdiction: str, number: str
    ) -> Iterator[Violation]:
        """What is wrong with the particulars of a new car."""
        return self._rules.violations(
            make=make, model=model, year=year, jurisdiction=jurisdiction, number=number, this_year=self._now().year
        )

    def violations_of_slot(self, slot: Slot, *, is_maintenance: bool) -> Iterator[Violation]:
        """What is wrong with a new slot."""
        if is_maintenance:
            return slot.violations(now=self._now(), lead_time=MAINTENANCE_LEAD_TIME)
        return slot.violations(now=self._now())

    async def register_car(
        self, *, organization_id: str, caller_id: str, manufacturer: Manufacturer, plate: Plate
    ) -> Car:
        """Add a car to the organization's fleet."""
        car = Car.register(
            id=self._new_id("car"),
            organization_id=organization_id,
            manufacturer=manufacturer,
            owner_id=caller_id,
            plate=plate,
            now=self._now(),
        )
        async with self._begin(organization_id) as uow:
            await CarRepository(uow).add(car)
            self._usages.record(
                uow,
                "Car Registered",
                ResourceId=car.id,
                TenantId=organization_id,
                Make=manufacturer.make,
                Model=manufacturer.model,
                Year=str(manufacturer.year),
            )
        return car

    async def delete_car(self, *, organization_id: str, caller_id: str, car_id: str) -> None:
        """Take a car out of the fleet for good."""
        now = self._now()
        async with self._begin(organization_id) as uow:
            cars = CarRepository(uow)
            car = await cars.get(organization_id, car_id)
            car.delete(deleter_id=caller_id, is_reserved=await cars.is_reserved(car, now))
            await cars.delete(car)

    async def schedule_car_maintenance(self, *, organization_id: str, car_id: str, slot: Slot) -> Car:
        """Withdraw a car for maintenance."""
        return await self._withdraw(organization_id, car_id, slot, Cause.MAINTENANCE)

    async def take_car_offline(self, *, organization_id: str, car_id: str, slot: Slot) -> Car:
        """Withdraw a car for a while."""
        return await self._withdraw(organization_id, car_id, slot, Cause.OFFLINE)

    async def get_car(self, *, organization_id: str, car_id: str) -> Car:
        """Find one car."""
        return await self._cars.get(organization_id, car_id)

    async def list_car_unavailabilities(self, *, organization_id: str, car_id: str, page: Page) -> Paged:
        """When a car is not available, and why."""
        rows = await self._cars.list_unavailabilities(organization_id, car_id, page)
        paged = self._lists.paged(page, rows, lambda row: (getattr(row, page.field), row.id))
        return Paged([unavailability_of(row) for row in paged.items], paged.next_page_token, paged.total_size)

    async def list_cars(
        self, *, organization_id: str, status: CarStatus | None, owner_id: str | None, page: Page
    ) -> Paged:
        """The cars of the organization."""
        return self._paged(page, await self._cars.list_cars(organization_id, page, status=status, owner_id=owner_id))

    async def list_available_cars(
        self, *, organization_id: str, starts_at: datetime | None, ends_at: datetime | None, page: Page
    ) -> Paged:
        """The registered cars that are free during a frame; without one, now."""
        if starts_at is None and ends_at is None:
            # A slot contains now when it overlaps the shortest frame that starts now.
            starts_at = self._now()
            ends_at = starts_at + datetime.resolution
        rows = await self._cars.list_available(organization_id, page, starts_at=starts_at, ends_at=ends_at)
        return self._paged(page, rows)

    async def reserve_car(
        self,
        uow: UnitOfWork,
        *,
        organization_id: str,
        car_id: str,
        slot: Slot,
        reference: str,
        now: datetime,
        refusal: Refusal,
    ) -> None:
        """Withdraw a car because somebody borrows it, within the transaction of whoever asks."""
        cars = CarRepository(uow)
        car = await cars.get(organization_id, car_id)
        reserved = car.reserve(id=self._new_id("unavail"), slot=slot, reference=reference, now=now)
        await cars.withdraw(car, reserved, now, refusal)

    async def release_car(
        self, uow: UnitOfWork, *, organization_id: str, car_id: str, slot: Slot, reference: str
    ) -> None:
        """Undo a reservation. Nothing happens when there is no such car or reservation."""
        cars = CarRepository(uow)
        try:
            car = await cars.get(organization_id, car_id)
        except CarNotFound:
            return
        unavailability_id = await cars.release(car, slot, reference)
        if unavailability_id is not None:
            car.release(unavailability_id)
            await cars.save(car)

    async def _withdraw(self, organization_id: str, car_id: str, slot: Slot, cause: Cause) -> Car:
        async with self._begin(organization_id) as uow:
            cars = CarRepository(uow)
            car = await cars.get(organization_id, car_id)
            withdrawn = car.withdraw(id=self._new_id("unavail"), slot=slot, cause=cause)
            await cars.withdraw(car, withdrawn, self._now(), CarUnavailable())
        return car

    def _paged(self, page: Page, rows: list[object]) -> Paged:
        paged = self._lists.paged(page, rows, lambda row: (getattr(row, page.field), row.id))
        return Paged([car_of(row) for row in paged.items], paged.next_page_token, paged.total_size)
