"""Why cars refuses."""

from server.kernel import errors


class CarNotFound(errors.NotFound):
    reason = "CAR_NOT_FOUND"
    message = "There is no such car."


class CarNotDeletedByOwner(errors.PermissionDenied):
    reason = "CAR_NOT_DELETED_BY_OWNER"
    message = "Only the owner of a car may delete it."


class CarHasReservations(errors.FailedPrecondition):
    reason = "CAR_HAS_RESERVATIONS"
    message = "The car is booked. Cancel its bookings first."


class CarUnavailable(errors.FailedPrecondition):
    reason = "CAR_UNAVAILABLE"
    message = "The car is not available for all of that time."


class CarNotManufactured(errors.FailedPrecondition):
    reason = "CAR_NOT_MANUFACTURED"
    message = "The car has no manufacturer."


class CarNotOwned(errors.FailedPrecondition):
    reason = "CAR_NOT_OWNED"
    message = "The car has no owner."


class CarNotRegistered(errors.FailedPrecondition):
    reason = "CAR_NOT_REGISTERED"
    message = "The car has no number plate."


class ReserveInPast(errors.FailedPrecondition):
    reason = "RESERVE_IN_PAST"
    message = "A reservation starts in the future."


class ReferenceMissing(errors.FailedPrecondition):
    reason = "REFERENCE_MISSING"
    message = "A reservation names what it is for."
