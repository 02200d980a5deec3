"""CarsService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator

from tenantry.cars.v1 import car_pb2, cars_service_pb2, cars_service_pb2_grpc

from server.kernel.access.caller import current_call
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.context import Context
from server.kernel.rpc.times import to_datetime, to_timestamp
from server.subdomains.cars.application import CAR_ORDERING, SLOT_ORDERING, CarsApplication
from server.subdomains.cars.domain import Car, CarStatus, Cause, Manufacturer, Plate, Slot, Unavailability

_STATUSES = {
    CarStatus.UNREGISTERED: car_pb2.CAR_STATUS_UNREGISTERED,
    CarStatus.REGISTERED: car_pb2.CAR_STATUS_REGISTERED,
}
_STATUS_OF = {number: status for status, number in _STATUSES.items()}
_CAUSES = {
    Cause.OTHER: car_pb2.UNAVAILABILITY_REASON_OTHER,
    Cause.RESERVATION: car_pb2.UNAVAILABILITY_REASON_RESERVATION,
    Cause.MAINTENANCE: car_pb2.UNAVAILABILITY_REASON_MAINTENANCE,
    Cause.OFFLINE: car_pb2.UNAVAILABILITY_REASON_OFFLINE,
}


class CarsServicer(cars_service_pb2_grpc.CarsServiceServicer):
    """Answers CarsService. A ``check_`` method says what of a request is wrong besides what the contract says."""

    def __init__(self, application: CarsApplication, lists: Lists) -> None:
        self._cars = application
        self._lists = lists

    def check_RegisterCar(self, request: cars_service_pb2.RegisterCarRequest) -> Iterator[Violation]:
        return self._cars.violations_of_registration(
            make=request.make,
            model=request.model,
            year=request.year,
            jurisdiction=request.jurisdiction,
            number=request.number_plate,
        )

    async def RegisterCar(
        self, request: cars_service_pb2.RegisterCarRequest, context: Context
    ) -> cars_service_pb2.RegisterCarResponse:
        car = await self._cars.register_car(
            organization_id=current_call().organization,
            caller_id=current_call().caller.user_id,
            manufacturer=Manufacturer(request.year, request.make, request.model),
            plate=Plate(request.jurisdiction, request.number_plate),
        )
        return cars_service_pb2.RegisterCarResponse(car=_to_proto(car))

    async def DeleteCar(
        self, request: cars_service_pb2.DeleteCarRequest, context: Context
    ) -> cars_service_pb2.DeleteCarResponse:
        await self._cars.delete_car(
            organization_id=current_call().organization, caller_id=current_call().caller.user_id, car_id=request.id
        )
        return cars_service_pb2.DeleteCarResponse()

    def check_ScheduleCarMaintenance(
        self, request: cars_service_pb2.ScheduleCarMaintenanceRequest
    ) -> Iterator[Violation]:
        return self._cars.violations_of_slot(_slot(request), is_maintenance=True)

    async def ScheduleCarMaintenance(
        self, request: cars_service_pb2.ScheduleCarMaintenanceRequest, context: Context
    ) -> cars_service_pb2.ScheduleCarMaintenanceResponse:
        car = await self._cars.schedule_car_maintenance(
            organization_id=current_call().organization, car_id=request.id, slot=_slot(request)
        )
        return cars_service_pb2.ScheduleCarMaintenanceResponse(car=_to_proto(car))

    def check_TakeCarOffline(self, request: cars_service_pb2.TakeCarOfflineRequest) -> Iterator[Violation]:
        return self._cars.violations_of_slot(_slot(request), is_maintenance=False)

    async def TakeCarOffline(
        self, request: cars_service_pb2.TakeCarOfflineRequest, context: Context
    ) -> cars_service_pb2.TakeCarOfflineResponse:
        car = await self._cars.take_car_offline(
            organization_id=current_call().organization, car_id=request.id, slot=_slot(request)
        )
        return cars_service_pb2.TakeCarOfflineResponse(car=_to_proto(car))

    async def GetCar(
        self, request: cars_service_pb2.GetCarRequest, context: Context
    ) -> cars_service_pb2.GetCarResponse:
        car = await self._cars.get_car(organization_id=current_call().organization, car_id=request.id)
        return cars_service_pb2.GetCarResponse(car=_to_proto(car))

    def check_ListCarUnavailabilities(
        self, request: cars_service_pb2.ListCarUnavailabilitiesRequest
    ) -> Iterator[Violation]:
        return self._lists.violations(request, SLOT_ORDERING)

    async def ListCarUnavailabilities(
        self, request: cars_service_pb2.ListCarUnavailabilitiesRequest, context: Context
    ) -> cars_service_pb2.ListCarUnavailabilitiesResponse:
        found = await self._cars.list_car_unavailabilities(
            organization_id=current_call().organization,
            car_id=request.id,
            page=self._lists.page(request, SLOT_ORDERING),
        )
        return cars_service_pb2.ListCarUnavailabilitiesResponse(
            unavailabilities=[_unavailability_to_proto(item, request.id) for item in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    def check_ListCars(self, request: cars_service_pb2.ListCarsRequest) -> Iterator[Violation]:
        return self._lists.violations(request, CAR_ORDERING)

    async def ListCars(
        self, request: cars_service_pb2.ListCarsRequest, context: Context
    ) -> cars_service_pb2.ListCarsResponse:
        found = await self._cars.list_cars(
            organization_id=current_call().organization,
            status=_STATUS_OF.get(request.status),
            owner_id=request.owner_id or None,
            page=self._lists.page(request, CAR_ORDERING),
        )
        return cars_service_pb2.ListCarsResponse(
            cars=[_to_proto(car) for car in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )

    def check_ListAvailableCars(self, request: cars_service_pb2.ListAvailableCarsRequest) -> Iterator[Violation]:
        yield from self._lists.violations(request, CAR_ORDERING)
        if request.HasField("starts_at") and request.HasField("ends_at"):
            slot = _slot(request)
            if slot.ends_at <= slot.starts_at:
                yield Violation("ends_at", "INVALID_ENDS_AT", "must be after starts_at")

    async def ListAvailableCars(
        self, request: cars_service_pb2.ListAvailableCarsRequest, context: Context
    ) -> cars_service_pb2.ListAvailableCarsResponse:
        found = await self._cars.list_available_cars(
            organization_id=current_call().organization,
            starts_at=to_datetime(request.starts_at) if request.HasField("starts_at") else None,
            ends_at=to_datetime(request.ends_at) if request.HasField("ends_at") else None,
            page=self._lists.page(request, CAR_ORDERING),
        )
        return cars_service_pb2.ListAvailableCarsResponse(
            cars=[_to_proto(car) for car in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )


_SlotRequest = (
    cars_service_pb2.ScheduleCarMaintenanceRequest
    | cars_service_pb2.TakeCarOfflineRequest
    | cars_service_pb2.ListAvailableCarsRequest
)


def _slot(request: _SlotRequest) -> Slot:
    return Slot(to_datetime(request.starts_at), to_datetime(request.ends_at))


def _to_proto(car: Car) -> car_pb2.Car:
    found = car_pb2.Car(id=car.id, status=_STATUSES[car.status])
    for manager_id in car.manager_ids:
        found.managers.add(id=manager_id)
    if car.manufacturer is not None:
        found.manufacturer.make = car.manufacturer.make
        found.manufacturer.model = car.manufacturer.model
        found.manufacturer.year = car.manufacturer.year
    if car.owner_id is not None:
        found.owner.id = car.owner_id
    if car.plate is not None:
        found.plate.jurisdiction = car.plate.jurisdiction
        found.plate.number = car.plate.number
    return found


def _unavailability_to_proto(item: Unavailability, car_id: str) -> car_pb2.CarUnavailability:
    return car_pb2.CarUnavailability(
        id=item.id,
        car_id=car_id,
        starts_at=to_timestamp(item.slot.starts_at),
        ends_at=to_timestamp(item.slot.ends_at),
        caused_by_reason=_CAUSES[item.cause],
        caused_by_reference=item.reference,
    )
