"""Why a usage is not delivered."""

from server.kernel.errors import FailedPrecondition, Unavailable


class UsageMissingForId(FailedPrecondition):
    """It does not say who."""

    reason = "USAGE_MISSING_FOR_ID"
    message = "ForId must have a value."


class UsageMissingEventName(FailedPrecondition):
    """It does not say what."""

    reason = "USAGE_MISSING_EVENT_NAME"
    message = "EventName must have a value."


class UsageGatewayFailed(Unavailable):
    """The gateway is away or busy."""

    reason = "USAGE_GATEWAY_FAILED"
    message = "The analytics service did not take the usage."


class UsageGatewayRefused(FailedPrecondition):
    """The gateway will never take it."""

    reason = "USAGE_GATEWAY_REFUSED"
    message = "The analytics service refused the usage."
