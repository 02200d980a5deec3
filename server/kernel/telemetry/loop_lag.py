"""How late the event loop is: what blocks it makes every call wait."""

import asyncio

from server.kernel.telemetry.metrics import Gauge

LAG = Gauge("tenantry.event_loop.lag", "How late the event loop was at most, since the last time it was asked.", "s")
_EVERY_SECONDS = 0.25


class LoopLag:
    """Asks to be woken, again and again, and sees how late that happens."""

    def __init__(self) -> None:
        self._most = 0.0

    async def watch(self) -> None:
        """Look until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _EVERY_SECONDS
            await asyncio.sleep(_EVERY_SECONDS)
            self._most = max(self._most, loop.time() - due)

    async def sample(self) -> None:
        """Read the most since the last time."""
        LAG.set(self._most)
        self._most = 0.0
