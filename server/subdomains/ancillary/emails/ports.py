"""What emails needs of the outside world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Party:
    """The sender or the recipient of a mail."""

    email_address: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Html:
    """A mail that is written."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Template:
    """A mail that the gateway makes from one of its templates."""

    template_id: str
    subject: str
    substitutions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail on its way to the gateway."""

    message_id: str
    content: Html | Template
    sender: Party
    recipient: Party
    tags: Sequence[str]


class EmailGateway(Protocol):
    """Takes mails and sees that they arrive."""

    async def send(self, mail: Mail) -> str | None:
        """
        Hand over a mail, and return the gateway's own id of it.

        A mail with a message id that was handed over before may be the same one again.

        Raises:
            EmailGatewayFailed: The gateway is away or busy.
            EmailGatewayRefused: It will never take this mail.
            EmailTemplateUnsupported: It has no templates.
        """
        ...
