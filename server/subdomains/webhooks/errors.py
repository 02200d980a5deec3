"""Why webhooks refuses, and why an event does not arrive."""

from server.kernel import errors
from server.kernel.deliveries.outcomes import TryLater


class WebhookEndpointNotFound(errors.NotFound):
    reason = "WEBHOOK_ENDPOINT_NOT_FOUND"
    message = "There is no such endpoint."


class WebhookEndpointDisabled(errors.FailedPrecondition):
    reason = "WEBHOOK_ENDPOINT_DISABLED"
    message = "The endpoint is disabled. Enable it first."


class TooManyWebhookEndpoints(errors.FailedPrecondition):
    reason = "TOO_MANY_WEBHOOK_ENDPOINTS"
    message = "The organization has as many endpoints as it may. Delete one first."


class TooManyWebhookEvents(errors.FailedPrecondition):
    reason = "TOO_MANY_WEBHOOK_EVENTS"
    message = "At most 10,000 events are sent at once. Choose a shorter time."


class WebhookFailed(TryLater):
    reason = "WEBHOOK_FAILED"
    message = "The endpoint did not take the event."


class WebhookPutOff(TryLater):
    reason = "WEBHOOK_PUT_OFF"
    message = "The endpoint is left alone for a while."
