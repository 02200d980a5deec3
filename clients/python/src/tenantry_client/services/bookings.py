"""BookingsService. Made from the contracts by ``generate.py``. Not to be edited."""

from tenantry.bookings.v1 import bookings_service_pb2 as pb

from tenantry_client.methods import Call, CallSync, Method

MAKE_BOOKING = Method(
    "/tenantry.bookings.v1.BookingsService/MakeBooking",
    pb.MakeBookingRequest,
    pb.MakeBookingResponse,
    is_read=False,
    takes_request_id=True,
    shows_credential=True,
)
CANCEL_BOOKING = Method(
    "/tenantry.bookings.v1.BookingsService/CancelBooking",
    pb.CancelBookingRequest,
    pb.CancelBookingResponse,
    is_read=False,
    takes_request_id=False,
    shows_credential=True,
)
LIST_BOOKINGS = Method(
    "/tenantry.bookings.v1.BookingsService/ListBookings",
    pb.ListBookingsRequest,
    pb.ListBookingsResponse,
    is_read=True,
    takes_request_id=False,
    shows_credential=True,
)


class BookingsService:
    """
    Members of an organization borrow its cars. A sample: delete it from a real product, before the cars.

    Every call is made for one organization, of which the caller must be a member (PERMISSION_DENIED NOT_A_MEMBER).
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    async def MakeBooking(
        self, request: pb.MakeBookingRequest, *, timeout: float | None = None
    ) -> pb.MakeBookingResponse:
        """
        Books a car for 15 minutes to 8 hours, both inclusive. The caller becomes the borrower. Of several calls that
        want the same time exactly one succeeds.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID (of the car), INVALID_STARTS_AT (missing or past),
          INVALID_ENDS_AT (not after the start, too short or too long).
        - NOT_FOUND, CAR_NOT_FOUND: the organization has no such car.
        - FAILED_PRECONDITION, CAR_NOT_AVAILABLE: the car is not available for all of that time.
        """
        return await self._call(MAKE_BOOKING, request, timeout=timeout)

    async def CancelBooking(
        self, request: pb.CancelBookingRequest, *, timeout: float | None = None
    ) -> pb.CancelBookingResponse:
        """
        Cancels a booking that has not started, for good, and frees the car. Only its borrower and the owners of the
        organization may. At the instant of the start it is too late.

        Errors:
        - NOT_FOUND, BOOKING_NOT_FOUND: the organization has no such booking (any more).
        - PERMISSION_DENIED, BOOKING_NOT_BORROWER: the caller is neither its borrower nor an owner of the organization.
        - FAILED_PRECONDITION, BOOKING_ALREADY_STARTED: the booking has started.
        """
        return await self._call(CANCEL_BOOKING, request, timeout=timeout)

    async def ListBookings(
        self, request: pb.ListBookingsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListBookingsResponse:
        """
        Lists the bookings of the organization, whoever borrows, that lie wholly within a time frame, its bounds
        included.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ENDS_AT (the end of the frame is not after its start).
        """
        return await self._call(LIST_BOOKINGS, request, timeout=timeout)


class BookingsServiceSync:
    """
    Members of an organization borrow its cars. A sample: delete it from a real product, before the cars.

    Every call is made for one organization, of which the caller must be a member (PERMISSION_DENIED NOT_A_MEMBER).
    """

    def __init__(self, call: CallSync) -> None:
        self._call = call

    def MakeBooking(self, request: pb.MakeBookingRequest, *, timeout: float | None = None) -> pb.MakeBookingResponse:
        """
        Books a car for 15 minutes to 8 hours, both inclusive. The caller becomes the borrower. Of several calls that
        want the same time exactly one succeeds.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ID (of the car), INVALID_STARTS_AT (missing or past),
          INVALID_ENDS_AT (not after the start, too short or too long).
        - NOT_FOUND, CAR_NOT_FOUND: the organization has no such car.
        - FAILED_PRECONDITION, CAR_NOT_AVAILABLE: the car is not available for all of that time.
        """
        return self._call(MAKE_BOOKING, request, timeout=timeout)

    def CancelBooking(
        self, request: pb.CancelBookingRequest, *, timeout: float | None = None
    ) -> pb.CancelBookingResponse:
        """
        Cancels a booking that has not started, for good, and frees the car. Only its borrower and the owners of the
        organization may. At the instant of the start it is too late.

        Errors:
        - NOT_FOUND, BOOKING_NOT_FOUND: the organization has no such booking (any more).
        - PERMISSION_DENIED, BOOKING_NOT_BORROWER: the caller is neither its borrower nor an owner of the organization.
        - FAILED_PRECONDITION, BOOKING_ALREADY_STARTED: the booking has started.
        """
        return self._call(CANCEL_BOOKING, request, timeout=timeout)

    def ListBookings(
        self, request: pb.ListBookingsRequest | None = None, *, timeout: float | None = None
    ) -> pb.ListBookingsResponse:
        """
        Lists the bookings of the organization, whoever borrows, that lie wholly within a time frame, its bounds
        included.

        Errors:
        - INVALID_ARGUMENT, VALIDATION_FAILED: INVALID_ENDS_AT (the end of the frame is not after its start).
        """
        return self._call(LIST_BOOKINGS, request, timeout=timeout)
