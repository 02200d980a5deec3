"""What became of a message."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a delivery ended, this time."""

    DELIVERED = "delivered"
    RETRY_LATER = "retry_later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one message of a batch."""

    message_id: str | None
    outcome: Outcome
    reason: str | None = None
    description: str | None = None
