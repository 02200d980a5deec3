"""Why a flag cannot be told."""

from server.kernel import errors


class FlagNotFound(errors.NotFound):
    reason = "FLAG_NOT_FOUND"
    message = "There is no such flag."


class FlagsUnavailable(errors.Unavailable):
    reason = "FLAGS_UNAVAILABLE"
    message = "The flag system is not available. Try again in a moment."
