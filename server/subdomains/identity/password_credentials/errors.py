"""Why password credentials refuse."""

from server.kernel import errors


class InvalidCredentials(errors.Unauthenticated):
    """Unknown name, wrong password, no password, not a registered person: nobody is told which."""

    reason = "INVALID_CREDENTIALS"
    message = "The name or the password is wrong."


class AccountLocked(errors.FailedPrecondition):
    reason = "ACCOUNT_LOCKED"
    message = "Too many wrong passwords. Try again later."


class RegistrationNotVerified(errors.FailedPrecondition):
    reason = "REGISTRATION_NOT_VERIFIED"
    message = "The registration is not confirmed yet. Open the link in the e-mail."


class MfaRequired(errors.PermissionDenied):
    """The password is right. The metadata holds the token with which to show a second factor."""

    reason = "MFA_REQUIRED"
    message = "A second factor is needed to sign in."


class MfaCannotBeDisabled(errors.FailedPrecondition):
    reason = "MFA_CANNOT_BE_DISABLED"
    message = "This account has to use a second factor."


class CredentialTaken(errors.AlreadyExists):
    """Somebody else was quicker. A registration without an invitation goes on as a repeated one."""

    reason = "EMAIL_ALREADY_REGISTERED"
    message = "This e-mail address is registered."


class RegistrationTokenNotFound(errors.NotFound):
    reason = "REGISTRATION_TOKEN_NOT_FOUND"
    message = "There is no such registration to confirm."


class RegistrationTokenExpired(errors.FailedPrecondition):
    reason = "REGISTRATION_TOKEN_EXPIRED"
    message = "The link has expired. Register again to get a new one."


class CredentialNotFound(errors.NotFound):
    reason = "CREDENTIAL_NOT_FOUND"
    message = "The user has no password credential."


class RegistrationAlreadyVerified(errors.FailedPrecondition):
    reason = "REGISTRATION_ALREADY_VERIFIED"
    message = "The registration is confirmed."


class ResetTokenNotFound(errors.NotFound):
    reason = "RESET_TOKEN_NOT_FOUND"
    message = "There is no such password reset. Ask for a new one."


class ResetTokenExpired(errors.FailedPrecondition):
    reason = "RESET_TOKEN_EXPIRED"
    message = "The link has expired. Ask for a new one."


class PasswordUnchanged(errors.FailedPrecondition):
    reason = "PASSWORD_UNCHANGED"
    message = "This is the password you have. Choose another one."
