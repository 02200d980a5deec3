"""What lies outside: the billing provider that a deployment has installed."""

from datetime import datetime
from typing import Protocol

from server.subdomains.subscriptions.domain.details import Details
from server.subdomains.subscriptions.domain.subscription import Provider, State


class BillingProvider(Protocol):
    """
    Takes the money, and keeps a state for each subscription that only its interpreter understands.

    One is installed. The simple one is built in and answers at once, within the transaction.
    """

    @property
    def name(self) -> str:
        """What it is called in storage and in answers."""

    def subscribe(self, buyer_id: str, now: datetime) -> State:
        """Subscribe a buyer to the starting plan."""

    def provider_of(self, state: State) -> Provider:
        """What a state calls the buyer and the subscription."""

    def interpret(self, state: State, now: datetime) -> Details:
        """What a state means."""
