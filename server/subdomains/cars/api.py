"""
What other subdomains may ask of cars, within their own unit of work.

Plain values in, plain values out. To serve cars from another process, give this class a body that calls CarsService;
its callers stay as they are.
"""

from datetime import datetime

from server.kernel.database import UnitOfWork
from server.kernel.errors import Refusal
from server.kernel.subdomain import Platform
from server.subdomains.cars.application import CarsApplication
from server.subdomains.cars.domain import Slot


class CarsApi:
    """Reserves and releases cars."""

    def __init__(self, application: CarsApplication) -> None:
        self._cars = application

    @classmethod
    def of(cls, platform: Platform) -> "CarsApi":
        return cls(CarsApplication.of(platform))

    async def reserve_car(
        self,
        uow: UnitOfWork,
        *,
        organization_id: str,
        car_id: str,
        starts_at: datetime,
        ends_at: datetime,
        reference: str,
        now: datetime,
        refusal: Refusal,
    ) -> None:
        """
        Keep a car for somebody from after *now*. When the slot is taken, *refusal* is raised as the transaction ends.

        Raises:
            CarNotFound: The organization has no such car.
            ReserveInPast, ReferenceMissing: The caller asks for what cannot be.
        """
        await self._cars.reserve_car(
            uow,
            organization_id=organization_id,
            car_id=car_id,
            slot=Slot(starts_at, ends_at),
            reference=reference,
            now=now,
            refusal=refusal,
        )

    async def release_car(
        self,
        uow: UnitOfWork,
        *,
        organization_id: str,
        car_id: str,
        starts_at: datetime,
        ends_at: datetime,
        reference: str,
    ) -> None:
        """Undo a reservation that matches exactly. Nothing happens when there is none."""
        slot = Slot(starts_at, ends_at)
        await self._cars.release_car(
            uow, organization_id=organization_id, car_id=car_id, slot=slot, reference=reference
        )
