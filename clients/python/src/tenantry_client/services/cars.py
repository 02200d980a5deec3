"""CarsService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.cars.v1 import cars_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

REGISTER_CAR = Method(
    "/tenantry.cars.v1.CarsService/RegisterCar",
    pb.RegisterCarRequest,
    pb.RegisterCarResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
DELETE_CAR = Method(
    "/tenantry.cars.v1.CarsService/DeleteCar",
    pb.DeleteCarRequest,
    pb.DeleteCarResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
SCHEDULE_CAR_MAINTENANCE = Method(
    "/tenantry.cars.v1.CarsService/ScheduleCarMaintenance",
    pb.ScheduleCarMaintenanceRequest,
    pb.ScheduleCarMaintenanceResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
TAKE_CAR_OFFLINE = Method(
    "/tenantry.cars.v1.CarsService/TakeCarOffline",
    pb.TakeCarOfflineRequest,
    pb.TakeCarOfflineResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
GET_CAR = Method(
    "/tenantry.cars.v1.CarsService/GetCar",
    pb.GetCarRequest,
    pb.GetCarResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
LIST_CAR_UNAVAILABILITIES = Method(
    "/tenantry.cars.v1.CarsService/ListCarUnavailabilities",
    pb.ListCarUnavailabilitiesRequest,
    pb.ListCarUnavailabilitiesResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
LIST_CARS = Method(
    "/tenantry.cars.v1.CarsService/ListCars",
    pb.ListCarsRequest,
    pb.ListCarsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)
LIST_AVAILABLE_CARS = Method(
    "/tenantry.cars.v1.CarsService/ListAvailableCars",
    pb.ListAvailableCarsRequest,
    pb.ListAvailableCarsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)


class CarsService:
    """
    The cars of an organization and when they are not available. A sample: delete it from a real product.

    Every call is made for one organization, of which the caller must be a member (PERMISSION_DENIED NOT_A_MEMBER).
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    async def RegisterCar(
        self, request: pb.RegisterCarRequest, *, timeout: float | None = None
    ) -> pb.RegisterCarResponse:
        """
        Adds a car to the organization's fleet. The caller becomes its owner and first manager.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: a field is outside its rule (CAR_INVALID_MAKE, CAR_INVALID_MODEL,
          CAR_INVALID_YEAR, CAR_INVALID_JURISDICTION, CAR_INVALID_NUMBER_PLATE).
        """
        return await self._call(REGISTER_CAR, request, timeout=timeout)

    async def DeleteCar(self, request: pb.DeleteCarRequest, *, timeout: float | None = None) -> pb.DeleteCarResponse:
        """
        Deletes a car for good, with its unavailabilities. Only its owner may; being an owner of the organization is not
        enough.

        Errors:
        - NOT_FOUND, CAR_NOT_FOUND: the organization has no such car.
        - PERMISSION_DENIED, CAR_NOT_DELETED_BY_OWNER: the caller is not the car's owner.
        - FAILED_PRECONDITION, CAR_HAS_RESERVATIONS: a reservation ends in the future.
        """
        return await self._call(DELETE_CAR, request, timeout=timeout)

    async def ScheduleCarMaintenance(
        self, request: pb.ScheduleCarMaintenanceRequest, *, timeout: float | None = None
    ) -> pb.ScheduleCarMaintenanceResponse:
        """
        Withdraws a car for maintenance that starts more than 24 hours from now.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_STARTS_AT (missing or past), INVALID_ENDS_AT (missing or not
          after the start), MAINTENANCE_LEAD_TIME (starts within 24 hours).
        - NOT_FOUND, CAR_NOT_FOUND: the organization has no such car.
        - FAILED_PRECONDITION, CAR_UNAVAILABLE: the slot overlaps another one of this car.
        """
        return await self._call(SCHEDULE_CAR_MAINTENANCE, request, timeout=timeout)

    async def TakeCarOffline(
        self, request: pb.TakeCarOfflineRequest, *, timeout: float | None = None
    ) -> pb.TakeCarOfflineResponse:
        """
        Withdraws a car for a while. Its status stays the same.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_STARTS_AT (missing or past), INVALID_ENDS_AT (missing or not
          after the start).
        - NOT_FOUND, CAR_NOT_FOUND: the organization has no such car.
        - FAILED_PRECONDITION, CAR_UNAVAILABLE: the slot overlaps another one of this car.
        """
        return await self._call(TAKE_CAR_OFFLINE, request, timeout=timeout)

    async def GetCar(self, request: pb.GetCarRequest, *, timeout: float | None = None) -> pb.GetCarResponse:
        """
        Returns one car.

        Errors:
        - NOT_FOUND, CAR_NOT_FOUND: the organization has no such car.
        """
        return await self._call(GET_CAR, request, timeout=timeout)

    async def ListCarUnavailabilities(
        self, request: pb.ListCarUnavailabilitiesRequest, *, timeout: float | None = None
    ) -> pb.ListCarUnavailabilitiesResponse:
        """Lists when a car is not available, and why. Testing builds only. An unknown car gives an empty list."""
        return await self._call(LIST_CAR_UNAVAILABILITIES, request, timeout=timeout)

    async def ListCars(
        self, request: pb.ListCarsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListCarsResponse:
        """Lists the cars of the organization."""
        return await self._call(LIST_CARS, request, timeout=timeout)

    async def ListAvailableCars(
        self, request: pb.ListAvailableCarsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListAvailableCarsResponse:
        """
        Lists the registered cars of the organization that are free during a time frame. A slot that overlaps the frame
        hides a car, one that only touches it does not. Without either bound: those that are free now.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ENDS_AT (the end is not after the start).
        """
        return await self._call(LIST_AVAILABLE_CARS, request, timeout=timeout)


class CarsServiceSync:
    """
    The cars of an organization and when they are not available. A sample: delete it from a real product.

    Every call is made for one organization, of which the caller must be a member (PERMISSION_DENIED NOT_A_MEMBER).
    """

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def RegisterCar(self, request: pb.RegisterCarRequest, *, timeout: float | None = None) -> pb.RegisterCarResponse:
        """
        Adds a car to the organization's fleet. The caller becomes its owner and first manager.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: a field is outside its rule (CAR_INVALID_MAKE, CAR_INVALID_MODEL,
          CAR_INVALID_YEAR, CAR_INVALID_JURISDICTION, CAR_INVALID_NUMBER_PLATE).
        """
        return self._call(REGISTER_CAR, request, timeout=timeout)

    def DeleteCar(self, request: pb.DeleteCarRequest, *, timeout: float | None = None) -> pb.DeleteCarResponse:
        """
        Deletes a car for good, with its unavailabilities. Only its owner may; being an owner of the organization is not
        enough.

        Errors:
        - NOT_FOUND, CAR_NOT_FOUND: the organization has no such car.
        - PERMISSION_DENIED, CAR_NOT_DELETED_BY_OWNER: the caller is not the car's owner.
        - FAILED_PRECONDITION, CAR_HAS_RESERVATIONS: a reservation ends in the future.
        """
        return self._call(DELETE_CAR, request, timeout=timeout)

    def ScheduleCarMaintenance(
        self, request: pb.ScheduleCarMaintenanceRequest, *, timeout: float | None = None
    ) -> pb.ScheduleCarMaintenanceResponse:
        """
        Withdraws a car for maintenance that starts more than 24 hours from now.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_STARTS_AT (missing or past), INVALID_ENDS_AT (missing or not
          after the start), MAINTENANCE_LEAD_TIME (starts within 24 hours).
        - NOT_FOUND, CAR_NOT_FOUND: the organization has no such car.
        - FAILED_PRECONDITION, CAR_UNAVAILABLE: the slot overlaps another one of this car.
        """
        return self._call(SCHEDULE_CAR_MAINTENANCE, request, timeout=timeout)

    def TakeCarOffline(
        self, request: pb.TakeCarOfflineRequest, *, timeout: float | None = None
    ) -> pb.TakeCarOfflineResponse:
        """
        Withdraws a car for a while. Its status stays the same.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_STARTS_AT (missing or past), INVALID_ENDS_AT (missing or not
          after the start).
        - NOT_FOUND, CAR_NOT_FOUND: the organization has no such car.
        - FAILED_PRECONDITION, CAR_UNAVAILABLE: the slot overlaps another one of this car.
        """
        return self._call(TAKE_CAR_OFFLINE, request, timeout=timeout)

    def GetCar(self, request: pb.GetCarRequest, *, timeout: float | None = None) -> pb.GetCarResponse:
        """
        Returns one car.

        Errors:
        - NOT_FOUND, CAR_NOT_FOUND: the organization has no such car.
        """
        return self._call(GET_CAR, request, timeout=timeout)

    def ListCarUnavailabilities(
        self, request: pb.ListCarUnavailabilitiesRequest, *, timeout: float | None = None
    ) -> pb.ListCarUnavailabilitiesResponse:
        """Lists when a car is not available, and why. Testing builds only. An unknown car gives an empty list."""
        return self._call(LIST_CAR_UNAVAILABILITIES, request, timeout=timeout)

    def ListCars(
        self, request: pb.ListCarsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListCarsResponse:
        """Lists the cars of the organization."""
        return self._call(LIST_CARS, request, timeout=timeout)

    def ListAvailableCars(
        self, request: pb.ListAvailableCarsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListAvailableCarsResponse:
        """
        Lists the registered cars of the organization that are free during a time frame. A slot that overlaps the frame
        hides a car, one that only touches it does not. Without either bound: those that are free now.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ENDS_AT (the end is not after the start).
        """
        return self._call(LIST_AVAILABLE_CARS, request, timeout=timeout)
