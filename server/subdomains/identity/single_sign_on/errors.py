"""Why single sign-on refuses."""

from server.kernel import errors


class SsoAuthenticationFailed(errors.Unauthenticated):
    """Whatever was wrong: only the log says what."""

    reason = "SSO_AUTHENTICATION_FAILED"
    message = "The sign-in at the provider cannot be used. Begin again."


class SsoProviderNotFound(errors.NotFound):
    reason = "SSO_PROVIDER_NOT_FOUND"
    message = "There is no such provider to sign in at."


class SsoProviderUnavailable(errors.Unavailable):
    reason = "SSO_PROVIDER_UNAVAILABLE"
    message = "The provider cannot be reached. Begin again in a moment."


class TermsNotAccepted(errors.FailedPrecondition):
    reason = "TERMS_NOT_ACCEPTED"
    message = "Accept the terms and conditions to register."


class SsoUserTaken(errors.Aborted):
    """Somebody was quicker with the same account at the provider. Whoever looks again finds it."""

    reason = "CONCURRENT_MODIFICATION"
    message = "Somebody signed in with the same account at the same moment. Begin again."
