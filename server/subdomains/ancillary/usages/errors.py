"""Why a usage is not delivered."""

from server.kernel.errors import FailedPrecondition


class UsageMissingForId(FailedPrecondition):
    """It does not say who."""

    reason = "USAGE_MISSING_FOR_ID"
    message = "ForId must have a value."


class UsageMissingEventName(FailedPrecondition):
    """It does not say what."""

    reason = "USAGE_MISSING_EVENT_NAME"
    message = "EventName must have a value."
