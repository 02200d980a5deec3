"""The cars that tests of bookings need, and what the database holds of them."""

from tenantry.cars.v1.cars_service_pb2 import RegisterCarRequest, TakeCarOfflineRequest
from tenantry.cars.v1.cars_service_pb2_grpc import CarsServiceStub

from server.kernel.ids import decode
from server.kernel.rpc.times import to_timestamp
from tests.cast import Player
from tests.harness import Running, at


class Garage:
    """Registers cars and looks at their slots."""

    def __init__(self, cars_service: CarsServiceStub, running: Running) -> None:
        self._cars = cars_service
        self._running = running

    async def car(self, owner: Player) -> str:
        """The id of a new car."""
        request = RegisterCarRequest(
            make="Honda", model="Civic", year=2023, jurisdiction="New Zealand", number_plate="ABC123"
        )
        answer = await self._cars.RegisterCar(request, metadata=owner.metadata)
        return str(answer.car.id)

    async def take_offline(self, owner: Player, car_id: str, starts: float, ends: float) -> None:
        """Withdraw a car from so many hours from now to so many."""
        request = TakeCarOfflineRequest(id=car_id, starts_at=to_timestamp(at(starts)), ends_at=to_timestamp(at(ends)))
        await self._cars.TakeCarOffline(request, metadata=owner.metadata)

    async def references(self, car_id: str) -> list[str | None]:
        """What the slots of a car are kept for, in the order of time."""
        rows = await self._running.rows(
            "SELECT caused_by_reference AS found FROM cars.unavailability WHERE car_id = $1 ORDER BY starts_at",
            decode("car", car_id),
        )
        return [row["found"] for row in rows]
