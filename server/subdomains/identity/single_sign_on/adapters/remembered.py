"""What was fetched once and is good for a while."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from server.kernel.clock import Clock

T = TypeVar("T")


class Remembered(Generic[T]):
    """Fetches when it has to. Those who ask at the same time wait for one fetch; one that fails is not remembered."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], *, lifetime: timedelta, now: Clock) -> None:
        self._fetch = fetch
        self._lifetime = lifetime
        self._now = now
        self._found: tuple[datetime, T] | None = None
        self._underway: asyncio.Future[T] | None = None

    @property
    def is_underway(self) -> bool:
        """Whether somebody fetches right now."""
        return self._underway is not None

    async def get(self) -> T:
        """What was fetched, or else is fetched now."""
        if self._found is not None and self._now() < self._found[0]:
            return self._found[1]
        return await self.fetch()

    async def fetch(self) -> T:
        """Fetch in any case; whoever comes while somebody does gets the same."""
        if self._underway is None:
            self._underway = asyncio.ensure_future(self._fetch_and_remember())
            # Should all who wait hang up, nobody else looks at how it ends.
            self._underway.add_done_callback(lambda done: done.cancelled() or done.exception())
        # One who hangs up takes nothing from the others.
        return await asyncio.shield(self._underway)

    async def _fetch_and_remember(self) -> T:
        expires_at = self._now() + self._lifetime
        try:
            found = await self._fetch()
        finally:
            self._underway = None
        self._found = (expires_at, found)
        return found
