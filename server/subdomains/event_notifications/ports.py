"""What event notifications needs of the outside world."""

from typing import Protocol

from server.subdomains.event_notifications.events import IntegrationEvent


class IntegrationBroker(Protocol):
    """Takes integration events, at least once."""

    async def publish(self, event: IntegrationEvent) -> None:
        """
        Hand over an event.

        Raises:
            BrokerAway: Nobody has taken it.
        """
