"""Why bookings refuses."""

from server.kernel import errors


class BookingNotFound(errors.NotFound):
    reason = "BOOKING_NOT_FOUND"
    message = "There is no such booking."


class BookingNotBorrower(errors.PermissionDenied):
    reason = "BOOKING_NOT_BORROWER"
    message = "Only its borrower or an owner of the organization may cancel a booking."


class BookingAlreadyStarted(errors.FailedPrecondition):
    reason = "BOOKING_ALREADY_STARTED"
    message = "The booking has started."


class BookingRequiresCar(errors.FailedPrecondition):
    reason = "BOOKING_REQUIRES_CAR"
    message = "A booking is for a car."


class CarNotAvailable(errors.FailedPrecondition):
    reason = "CAR_NOT_AVAILABLE"
    message = "The car is not available for all of that time."


class TripAlreadyBegan(errors.FailedPrecondition):
    reason = "TRIP_ALREADY_BEGAN"
    message = "The trip has begun already."


class TripAlreadyEnded(errors.FailedPrecondition):
    reason = "TRIP_ALREADY_ENDED"
    message = "The trip has ended already."


class TripNotBegun(errors.FailedPrecondition):
    reason = "TRIP_NOT_BEGUN"
    message = "The trip has not begun."


class TripLocationMissing(errors.FailedPrecondition):
    reason = "TRIP_LOCATION_MISSING"
    message = "A trip begins and ends somewhere."
