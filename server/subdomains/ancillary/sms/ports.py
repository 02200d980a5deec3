"""What SMS need of the outside world."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sms:
    """An SMS on its way to the gateway, which knows the sender."""

    message_id: str
    body: str
    to_phone_number: str
    tags: Sequence[str]


class SmsGateway(Protocol):
    """Takes SMS and sees that they arrive."""

    async def send(self, sms: Sms) -> str | None:
        """
        Hand over an SMS, and return the gateway's own id of it.

        An SMS with a message id that was handed over before may be the same one again.

        Raises:
            SmsGatewayFailed: The gateway is away or busy.
            SmsGatewayRefused: It will never take this SMS.
        """
        ...
