"""What became of a message."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from server.kernel.errors import Unavailable


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
    retry_after: timedelta | None = None  # what is to be tried again waits at least so long
    is_put_off: bool = False  # it was not tried: that is no attempt


class TryLater(Unavailable):
    """It is to be tried again, not before some time has passed. When it is put off, this was no attempt."""

    def __init__(self, message: str = "", /, *, after: timedelta | None = None, is_put_off: bool = False) -> None:
        super().__init__(message)
        self.after = after
        self.is_put_off = is_put_off
