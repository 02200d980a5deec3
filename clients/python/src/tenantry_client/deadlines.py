"""Until when an answer is waited for."""

import time
from dataclasses import dataclass

from tenantry_client.errors import DeadlineExceeded


@dataclass(frozen=True)
class Deadline:
    """An instant on the monotonic clock."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """So many seconds from now."""
        return cls(time.monotonic() + seconds)

    @property
    def seconds_left(self) -> float:
        """How long is left, never less than nothing."""
        return max(0.0, self.at - time.monotonic())

    def exceeded(self) -> DeadlineExceeded:
        """Return what to raise once it has passed."""
        return DeadlineExceeded("no answer in time")
