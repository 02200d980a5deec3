"""Why second factors refuse."""

from server.kernel import errors


class MfaTokenInvalid(errors.Unauthenticated):
    """Missing, unknown, replaced, used up or expired: nobody is told which."""

    reason = "MFA_TOKEN_INVALID"
    message = "The MFA token is not valid. Sign in with the password again."


class MfaCodeInvalid(errors.Unauthenticated):
    """Wrong, expired or used: nobody is told which."""

    reason = "MFA_CODE_INVALID"
    message = "The code is not valid."


class AlreadyAuthenticated(errors.PermissionDenied):
    reason = "ALREADY_AUTHENTICATED"
    message = "This call is for somebody who is signing in. You are signed in."


class PasswordNotSet(errors.FailedPrecondition):
    reason = "PASSWORD_NOT_SET"
    message = "The account has no password yet."


class MfaNotEnabled(errors.FailedPrecondition):
    reason = "MFA_NOT_ENABLED"
    message = "Signing in does not ask for a second factor. Switch that on first."


class MfaMustChallenge(errors.FailedPrecondition):
    reason = "MFA_MUST_CHALLENGE"
    message = "There is an authenticator: challenge it instead."


class MfaAlreadyAssociated(errors.FailedPrecondition):
    reason = "MFA_ALREADY_ASSOCIATED"
    message = "An authenticator of this type is confirmed."


class MfaNotAssociated(errors.FailedPrecondition):
    reason = "MFA_NOT_ASSOCIATED"
    message = "There is no authenticator of this type that waits for a code."


class MfaNotConfirmed(errors.FailedPrecondition):
    reason = "MFA_NOT_CONFIRMED"
    message = "The authenticator is not confirmed."


class MfaPhoneRequired(errors.FailedPrecondition):
    reason = "MFA_PHONE_REQUIRED"
    message = "Give a phone number: the profile has none."


class MfaEmailRequired(errors.FailedPrecondition):
    reason = "MFA_EMAIL_REQUIRED"
    message = "The profile has no e-mail address."


class MfaSendLimit(errors.ResourceExhausted):
    reason = "MFA_SEND_LIMIT"
    message = "Too many codes were sent. Try again later."


class MfaAuthenticatorNotFound(errors.NotFound):
    reason = "MFA_AUTHENTICATOR_NOT_FOUND"
    message = "You have no such authenticator."


class MfaRecoveryCodesNotRemovable(errors.FailedPrecondition):
    reason = "MFA_RECOVERY_CODES_NOT_REMOVABLE"
    message = "Recovery codes go with the last of the other authenticators."
