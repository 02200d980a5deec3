"""BookingsService over gRPC: converts, calls one use case, converts back."""

from collections.abc import Iterator
from datetime import datetime

from tenantry.bookings.v1 import booking_pb2, bookings_service_pb2, bookings_service_pb2_grpc

from server.kernel.access.caller import current_call
from server.kernel.access.roles import TenantRole
from server.kernel.errors import Violation
from server.kernel.lists import Lists
from server.kernel.rpc.context import Context
from server.kernel.rpc.times import to_datetime, to_timestamp
from server.subdomains.bookings.application import BOOKING_ORDERING, BookingsApplication
from server.subdomains.bookings.domain import Booking, Period


class BookingsServicer(bookings_service_pb2_grpc.BookingsServiceServicer):
    """Answers BookingsService. A ``check_`` method says what of a request is wrong besides what the contract says."""

    def __init__(self, application: BookingsApplication, lists: Lists) -> None:
        self._bookings = application
        self._lists = lists

    def check_MakeBooking(self, request: bookings_service_pb2.MakeBookingRequest) -> Iterator[Violation]:
        # Without a start nothing can be said of the end; that it is missing says the contract.
        return self._bookings.violations_of_period(_period(request)) if request.HasField("starts_at") else iter(())

    async def MakeBooking(
        self, request: bookings_service_pb2.MakeBookingRequest, context: Context
    ) -> bookings_service_pb2.MakeBookingResponse:
        booking = await self._bookings.make_booking(
            organization_id=current_call().organization,
            caller_id=current_call().caller.user_id,
            car_id=request.car_id,
            period=_period(request),
        )
        return bookings_service_pb2.MakeBookingResponse(booking=_to_proto(booking))

    async def CancelBooking(
        self, request: bookings_service_pb2.CancelBookingRequest, context: Context
    ) -> bookings_service_pb2.CancelBookingResponse:
        await self._bookings.cancel_booking(
            organization_id=current_call().organization,
            caller_id=current_call().caller.user_id,
            is_owner=_is_owner(),
            booking_id=request.id,
        )
        return bookings_service_pb2.CancelBookingResponse()

    def check_ListBookings(self, request: bookings_service_pb2.ListBookingsRequest) -> Iterator[Violation]:
        yield from self._lists.violations(request, BOOKING_ORDERING)
        starts_at, ends_at = _frame(request)
        if starts_at is not None and ends_at is not None and ends_at <= starts_at:
            yield Violation("ends_at", "INVALID_ENDS_AT", "must be after starts_at")

    async def ListBookings(
        self, request: bookings_service_pb2.ListBookingsRequest, context: Context
    ) -> bookings_service_pb2.ListBookingsResponse:
        starts_at, ends_at = _frame(request)
        found = await self._bookings.list_bookings(
            organization_id=current_call().organization,
            starts_at=starts_at,
            ends_at=ends_at,
            car_id=request.car_id or None,
            borrower_id=request.borrower_id or None,
            page=self._lists.page(request, BOOKING_ORDERING),
        )
        return bookings_service_pb2.ListBookingsResponse(
            bookings=[_to_proto(booking) for booking in found.items],
            next_page_token=found.next_page_token,
            total_size=found.total_size,
        )


def _period(request: bookings_service_pb2.MakeBookingRequest) -> Period:
    starts_at = to_datetime(request.starts_at)
    return Period(starts_at, to_datetime(request.ends_at)) if request.HasField("ends_at") else Period.usual(starts_at)


def _frame(request: bookings_service_pb2.ListBookingsRequest) -> tuple[datetime | None, datetime | None]:
    starts_at = to_datetime(request.starts_at) if request.HasField("starts_at") else None
    ends_at = to_datetime(request.ends_at) if request.HasField("ends_at") else None
    return starts_at, ends_at


def _is_owner() -> bool:
    """Whether the caller is an owner of the organization; service accounts pass every check of roles."""
    call = current_call()
    membership = call.caller.membership(call.organization)
    return call.caller.is_service or (membership is not None and TenantRole.OWNER in membership.roles)


def _to_proto(booking: Booking) -> booking_pb2.Booking:
    return booking_pb2.Booking(
        id=booking.id,
        car_id=booking.car_id,
        borrower_id=booking.borrower_id,
        starts_at=to_timestamp(booking.period.starts_at),
        ends_at=to_timestamp(booking.period.ends_at),
    )
