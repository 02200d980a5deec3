"""Limits on the number of calls, per caller or client address, in this process."""

import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from tenantry.options.v1.access_pb2 import RATE_CLASS_COSTLY, RATE_CLASS_UNSPECIFIED

from server.kernel.access.caller import Call
from server.kernel.errors import RateLimited


class Rates:
    """
    Which calls are too many. A limit is written ``20/minute``; an empty one is none.

    Each process counts for itself: a floor against floods, not an account of anything.
    """

    def __init__(self, *, ordinary: str = "", costly: str = "") -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limits: dict[int, RateLimitItem] = {
            kind: parse(text)
            for kind, text in ((RATE_CLASS_UNSPECIFIED, ordinary), (RATE_CLASS_COSTLY, costly))
            if text
        }

    def is_limited(self, rate_class: int) -> bool:
        """Whether there is any limit for calls of this class."""
        return rate_class in self._limits

    def admit(self, rate_class: int, call: Call) -> None:
        """
        Count a call.

        Raises:
            RateLimited: It is one too many.
        """
        limit = self._limits[rate_class]
        is_by_address = rate_class == RATE_CLASS_COSTLY or call.caller.is_anonymous
        who = call.client_address if is_by_address else call.caller.user_id
        if not self._limiter.hit(limit, who):
            window = self._limiter.get_window_stats(limit, who)
            raise RateLimited(retry_after=max(1.0, window.reset_time - time.time()))
