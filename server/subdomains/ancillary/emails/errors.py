"""Why a mail is not sent, now or ever."""

from server.kernel.errors import AlreadyExists, FailedPrecondition, Unavailable


class EmailMissingMessage(FailedPrecondition):
    """There is nothing to send."""

    reason = "EMAIL_MISSING_MESSAGE"
    message = "Either Html or Template must be there."


class EmailAmbiguousMessage(FailedPrecondition):
    """There are two things to send."""

    reason = "EMAIL_AMBIGUOUS_MESSAGE"
    message = "Html and Template must not both be there."


class InvalidEmailAddress(FailedPrecondition):
    """The sender's or the recipient's address is none."""

    reason = "INVALID_EMAIL_ADDRESS"
    message = "FromEmailAddress and ToEmailAddress must be e-mail addresses."


class InvalidDisplayName(FailedPrecondition):
    """The sender or the recipient has no name."""

    reason = "INVALID_DISPLAY_NAME"
    message = "FromDisplayName and ToDisplayName must have a value."


class EmailMissingSubject(FailedPrecondition):
    """Html has no subject."""

    reason = "EMAIL_MISSING_SUBJECT"
    message = "Subject must have a value."


class EmailMissingBody(FailedPrecondition):
    """Html has no body."""

    reason = "EMAIL_MISSING_BODY"
    message = "Body must have a value."


class EmailMissingTemplateId(FailedPrecondition):
    """Template does not say which."""

    reason = "EMAIL_MISSING_TEMPLATE_ID"
    message = "TemplateId must have a value."


class EmailTemplateUnsupported(FailedPrecondition):
    """The gateway has no templates."""

    reason = "EMAIL_TEMPLATE_UNSUPPORTED"
    message = "This gateway has no templates."


class EmailGatewayFailed(Unavailable):
    """The gateway is away or busy."""

    reason = "EMAIL_GATEWAY_FAILED"
    message = "The e-mail gateway did not take the mail."


class EmailGatewayRefused(FailedPrecondition):
    """The gateway will never take it."""

    reason = "EMAIL_GATEWAY_REFUSED"
    message = "The e-mail gateway refused the mail."


class EmailExists(AlreadyExists):
    """The mail was processed before. Only the application sees this."""

    reason = "EMAIL_EXISTS"
    message = "The mail is known."
