"""When a failed call is sent again, and how long to wait before."""

import random
from dataclasses import dataclass

from tenantry_client.errors import DeadlineExceeded, ResourceExhausted, TenantryError, Unavailable


@dataclass(frozen=True)
class RetryPolicy:
    """
    Repeats what is safe: reads, and writes that carry a request_id.

    That is when the server is away, or names a time to come back. Waits grow exponentially and are drawn at random, so
    that many clients do not come back at once.
    """

    attempts: int = 4
    """How often a call is sent at most."""
    first_wait: float = 0.1
    """At most so many seconds before the second attempt; doubles with each further one."""
    longest_wait: float = 2.0
    """At most so many seconds before any attempt."""

    def wait(self, error: TenantryError, *, attempt: int, may_be_repeated: bool) -> float | None:
        """Return after how many seconds to try again, ``None`` when the error stands."""
        if attempt >= self.attempts or not may_be_repeated:
            return None
        if not _passes(error):
            return None
        ceiling = min(self.longest_wait, self.first_wait * 2 ** (attempt - 1))
        return (error.retry_delay or 0.0) + random.uniform(0.0, ceiling)  # noqa: S311 (no secret)


# The server has answered, for somebody who is away: a started sign-in at a provider is used up by then.
_FINAL = "SSO_PROVIDER_UNAVAILABLE"


def _passes(error: TenantryError) -> bool:
    if error.reason == _FINAL:
        return False
    if isinstance(error, ResourceExhausted):
        # Without a delay the limit is not one of those that pass by themselves.
        return error.retry_delay is not None
    return isinstance(error, Unavailable | DeadlineExceeded)
