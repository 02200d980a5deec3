"""Valid requests to start from. A test names only the field it is about."""

from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from tenantry.bookings.v1.bookings_service_pb2 import CancelBookingRequest, ListBookingsRequest, MakeBookingRequest

from server.kernel.rpc.times import to_timestamp
from tests.harness import at

When = float | datetime | None


def make_booking(car_id: str, starts: When = 1, ends: When = None, **changes: Any) -> MakeBookingRequest:
    return MakeBookingRequest(car_id=car_id, starts_at=_instant(starts), ends_at=_instant(ends), **changes)


def cancel_booking(id: str) -> CancelBookingRequest:
    return CancelBookingRequest(id=id)


def list_bookings(starts: When = None, ends: When = None, **changes: Any) -> ListBookingsRequest:
    return ListBookingsRequest(starts_at=_instant(starts), ends_at=_instant(ends), **changes)


def _instant(when: When) -> Timestamp | None:
    if when is None:
        return None
    return to_timestamp(when if isinstance(when, datetime) else at(when))
