"""The fields ``since_at`` and ``until_at`` of lists of what has happened."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from server.kernel.errors import Violation
from server.kernel.rpc.times import to_datetime

_DEFAULT = timedelta(days=14)
_ALLOWANCE = timedelta(hours=1)  # for clocks that are set wrong


def since_violations(request: Any, now: datetime) -> Iterator[Violation]:
    """What is wrong with the ``since_at`` of a request."""
    if request.HasField("since_at") and to_datetime(request.since_at) >= now + _ALLOWANCE:
        yield Violation("since_at", "SINCE_TOO_FUTURE", "must be less than an hour from now")


def since_of(request: Any, now: datetime) -> datetime:
    """From when on a valid request wants to know; without a word, the last 14 days."""
    return to_datetime(request.since_at) if request.HasField("since_at") else now - _DEFAULT


def until_violations(request: Any, now: datetime) -> Iterator[Violation]:
    """What is wrong with the ``until_at`` of a request."""
    if request.HasField("until_at") and to_datetime(request.until_at) <= since_of(request, now):
        yield Violation("until_at", "INVALID_UNTIL", "must be after since_at")


def until_of(request: Any) -> datetime | None:
    """Until when a valid request wants to know; without a word, there is no end."""
    return to_datetime(request.until_at) if request.HasField("until_at") else None
