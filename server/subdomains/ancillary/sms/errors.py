"""Why an SMS is not sent, now or ever."""

from server.kernel.errors import AlreadyExists, FailedPrecondition, Unavailable


class SmsMissingMessage(FailedPrecondition):
    """There is nothing to send."""

    reason = "SMS_MISSING_MESSAGE"
    message = "Message must be there."


class InvalidPhoneNumber(FailedPrecondition):
    """The recipient's number is none."""

    reason = "INVALID_PHONE_NUMBER"
    message = "ToPhoneNumber must be an international phone number, starting with +."


class SmsMissingBody(FailedPrecondition):
    """It says nothing."""

    reason = "SMS_MISSING_BODY"
    message = "Body must have a value."


class SmsGatewayFailed(Unavailable):
    """The gateway is away or busy."""

    reason = "SMS_GATEWAY_FAILED"
    message = "The SMS gateway did not take the SMS."


class SmsGatewayRefused(FailedPrecondition):
    """The gateway will never take it."""

    reason = "SMS_GATEWAY_REFUSED"
    message = "The SMS gateway refused the SMS."


class SmsExists(AlreadyExists):
    """The SMS was processed before. Only the application sees this."""

    reason = "SMS_EXISTS"
    message = "The SMS is known."
