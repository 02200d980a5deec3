"""The cars that tests begin with, what others ask of them in process, and what the database holds of them."""

from datetime import datetime
from typing import Any

from tenantry.cars.v1.cars_service_pb2_grpc import CarsServiceStub

from server.kernel.errors import FailedPrecondition
from server.kernel.ids import decode
from server.subdomains.cars.api import CarsApi
from tests.cars import requests
from tests.cast import Player
from tests.harness import Running, at


class SlotTaken(FailedPrecondition):
    reason = "SLOT_TAKEN"


class Fleet:
    """Registers, reserves and releases cars."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._service = CarsServiceStub(running.channel)
        self._api = CarsApi.of(running.app.platform)

    async def car(self, owner: Player, **changes: Any) -> str:
        """The id of a new car in the owner's default organization."""
        answer = await self._service.RegisterCar(requests.register_car(**changes), metadata=owner.metadata)
        return str(answer.car.id)

    async def offline(self, owner: Player, car_id: str, starts: float | datetime, ends: float | datetime) -> None:
        """Withdraw a car."""
        request = requests.take_car_offline(car_id, starts, ends)
        await self._service.TakeCarOffline(request, metadata=owner.metadata)

    async def reserve(
        self,
        organization_id: str,
        car_id: str,
        starts: float | datetime = 1,
        ends: float | datetime = 2,
        *,
        reference: str = "booking",
    ) -> None:
        """Keep a car for somebody, in a transaction of its own."""
        async with self._running.database.begin(organization_id) as uow:
            await self._api.reserve_car(
                uow,
                organization_id=organization_id,
                car_id=car_id,
                starts_at=_instant(starts),
                ends_at=_instant(ends),
                reference=reference,
                now=self._running.clock(),
                refusal=SlotTaken(),
            )

    async def release(
        self, organization_id: str, car_id: str, starts: datetime, ends: datetime, *, reference: str = "booking"
    ) -> None:
        """Undo a reservation, in a transaction of its own."""
        async with self._running.database.begin(organization_id) as uow:
            await self._api.release_car(
                uow,
                organization_id=organization_id,
                car_id=car_id,
                starts_at=starts,
                ends_at=ends,
                reference=reference,
            )

    async def slots(self, car_id: str) -> list[tuple[str, datetime, datetime]]:
        """Cause and bounds of a car's slots, in the order of time."""
        rows = await self._running.rows(
            "SELECT caused_by_reason, starts_at, ends_at FROM cars.unavailability WHERE car_id = $1 ORDER BY starts_at",
            decode("car", car_id),
        )
        return [tuple(row) for row in rows]


def _instant(when: float | datetime) -> datetime:
    return when if isinstance(when, datetime) else at(when)
