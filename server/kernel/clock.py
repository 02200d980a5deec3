"""What time it is: one port, so that tests can say."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)
