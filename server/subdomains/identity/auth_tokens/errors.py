"""Why sessions and their tokens are refused."""

from server.kernel import errors


class RefreshTokenInvalid(errors.Unauthenticated):
    reason = "REFRESH_TOKEN_INVALID"
    message = "The refresh token is not valid. Sign in again."


class SessionNotFound(errors.NotFound):
    reason = "SESSION_NOT_FOUND"
    message = "You have no such session."


class NotARegisteredPerson(errors.FailedPrecondition):
    """Only registered persons get tokens. Whoever signs somebody in says so in its own words."""

    reason = "NOT_A_REGISTERED_PERSON"
    message = "Only a registered person can sign in."
