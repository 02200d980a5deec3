"""Messages that were queued at a time that a test chooses."""

from datetime import datetime
from uuid import UUID

from server.kernel import ids


def queued_at(time: datetime) -> str:
    """A message id that bears this time, to the millisecond."""
    rest = ids.uuid7().int & (1 << 80) - 1
    return ids.encode("msg", UUID(int=round(time.timestamp() * 1000) << 80 | rest))
