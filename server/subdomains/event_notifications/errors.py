"""Why an event is not handed over, and what operators cannot find."""

from server.kernel.errors import Aborted, FailedPrecondition, NotFound, Unavailable


class InvalidSubscriptionName(FailedPrecondition):
    """It does not say whom it is for."""

    reason = "INVALID_SUBSCRIPTION_NAME"
    message = "subscription_name must have a value."


class InvalidBusMessage(FailedPrecondition):
    """It is not what the bus carries."""

    reason = "INVALID_BUS_MESSAGE"
    message = "The message is not the JSON of a domain event."


class UnknownSubscription(FailedPrecondition):
    """Nobody has subscribed by that name."""

    reason = "UNKNOWN_SUBSCRIPTION"
    message = "There is no such subscription."


class SubscriptionOfAnotherVersion(Aborted):
    """Somebody has subscribed by that name, but not this process: it runs another version."""

    reason = "UNKNOWN_SUBSCRIPTION"
    message = "This server does not know the subscription."


class UnknownEventType(FailedPrecondition):
    """No subdomain that runs here publishes such events, or ever has."""

    reason = "UNKNOWN_EVENT_TYPE"
    message = "There is no such event."


class ConsumerFailed(Aborted):
    """Whatever it failed with. The message is the id by which the log has it."""

    reason = "CONSUMER_FAILED"


class HeldByEarlierEvent(Aborted):
    """The events of a stream are handled in their order."""

    reason = "HELD_BY_EARLIER_EVENT"
    message = "An earlier event of the stream has failed."


class DeadLetterNotFound(NotFound):
    """There is no such message, or it is alive."""

    reason = "DEAD_LETTER_NOT_FOUND"
    message = "There is no such dead letter."


class BrokerAway(Unavailable):
    """The integration broker has not taken an event."""

    reason = "INTEGRATION_BROKER_AWAY"
    message = "The integration broker is away."
