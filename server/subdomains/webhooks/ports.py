"""What webhooks needs of the outside world."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from server.subdomains.webhooks.domain import Failure


@dataclass(frozen=True, slots=True)
class Answer:
    """How one call ended. The body of an answer is not read: it could be a page of somebody's inner network."""

    http_status: int | None = None
    failure: Failure | None = None
    retry_after: timedelta | None = None


class Caller(Protocol):
    """Calls endpoints."""

    async def call(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST to a URL, once, and say how it ended."""
        ...
