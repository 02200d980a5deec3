"""Why user profiles refuses."""

from server.kernel import errors


class ProfileNotFound(errors.NotFound):
    reason = "PROFILE_NOT_FOUND"
    message = "There is no such profile."


class ProfileExists(errors.AlreadyExists):
    reason = "PROFILE_EXISTS"
    message = "The user has a profile already."


class EmailAlreadyRegistered(errors.AlreadyExists):
    reason = "EMAIL_ALREADY_REGISTERED"
    message = "Somebody has registered with this e-mail address already."
