"""Valid requests to start from. A test names only the field it is about."""

from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from tenantry.cars.v1.cars_service_pb2 import RegisterCarRequest, ScheduleCarMaintenanceRequest, TakeCarOfflineRequest

from server.kernel.rpc.times import to_timestamp
from tests.harness import at


def register_car(**changes: Any) -> RegisterCarRequest:
    fields: dict[str, Any] = {
        "make": "Honda",
        "model": "Civic",
        "year": 2023,
        "jurisdiction": "New Zealand",
        "number_plate": "ABC123",
    }
    return RegisterCarRequest(**(fields | changes))


def take_car_offline(
    id: str, starts: float | datetime = 1, ends: float | datetime = 2, **changes: Any
) -> TakeCarOfflineRequest:
    return TakeCarOfflineRequest(id=id, starts_at=_instant(starts), ends_at=_instant(ends), **changes)


def schedule_car_maintenance(
    id: str, starts: float | datetime = 25, ends: float | datetime = 26, **changes: Any
) -> ScheduleCarMaintenanceRequest:
    return ScheduleCarMaintenanceRequest(id=id, starts_at=_instant(starts), ends_at=_instant(ends), **changes)


def _instant(when: float | datetime) -> Timestamp:
    return to_timestamp(when if isinstance(when, datetime) else at(when))
