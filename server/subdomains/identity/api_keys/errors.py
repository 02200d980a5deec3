"""Why API keys are refused. One that is presented and bad is refused by the kernel's ``API_KEY_INVALID``."""

from server.kernel import errors


class TooManyApiKeys(errors.ResourceExhausted):
    reason = "TOO_MANY_API_KEYS"
    message = "You have as many active API keys as a user may have. Delete one first."


class ApiKeyNotFound(errors.NotFound):
    reason = "API_KEY_NOT_FOUND"
    message = "There is no such API key."


class ApiKeyNotOwner(errors.PermissionDenied):
    reason = "API_KEY_NOT_OWNER"
    message = "This API key is somebody else's."
