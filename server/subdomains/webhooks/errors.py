"""Why webhooks refuses, and why an event does not arrive."""

from server.kernel import errors


class WebhookEndpointNotFound(errors.NotFound):
    reason = "WEBHOOK_ENDPOINT_NOT_FOUND"
    message = "There is no such endpoint."


class WebhookEndpointDisabled(errors.FailedPrecondition):
    reason = "WEBHOOK_ENDPOINT_DISABLED"
    message = "The endpoint is disabled. Enable it first."


class TooManyWebhookEndpoints(errors.FailedPrecondition):
    reason = "TOO_MANY_WEBHOOK_ENDPOINTS"
    message = "An organization has at most 20 endpoints. Delete one first."


class TooManyWebhookEvents(errors.FailedPrecondition):
    reason = "TOO_MANY_WEBHOOK_EVENTS"
    message = "At most 10,000 events are sent at once. Choose a shorter time."
