"""
What processes tell each other, over LISTEN and NOTIFY.

Never inside a write transaction, where NOTIFY would serialise all commits: a notice is sent right after it, and those
of the next few milliseconds all together. They are hints that may be lost with a process, so whoever acts on them also
has a deadline of its own (a time to live, a poll).
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import asyncpg

from server.kernel.database.pool import Pool, connect

log = logging.getLogger(__name__)

_PREFIX = "tenantry_"
_TICK_SECONDS = 0.01
_PROBE_SECONDS = 0.5
_START_SECONDS = 2.0
# One statement: each would take the lock that all notices of the database queue at.
_NOTIFY = "SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS told (channel, payload)"
Handler = Callable[[str], None]


class Signals:
    """Sends notices to every process and hears those of the others."""

    def __init__(self, dsn: str, pool: Pool, *, name: str = "tenantry-signals") -> None:
        self._dsn = dsn
        self._pool = pool
        self._name = name
        self._handlers: dict[str, list[Handler]] = {}
        self._outgoing: set[tuple[str, str]] = set()
        self._has_outgoing = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._on_loss: list[Callable[[], None]] = []
        self._has_connected = asyncio.Event()
        self.is_connected = False

    def on(self, channel: str, handler: Handler) -> None:
        """Call *handler* with the payload of each notice on *channel*, this process's own included."""
        self._handlers.setdefault(channel, []).append(handler)

    def on_loss(self, handler: Callable[[], None]) -> None:
        """Call *handler* when notices may have been missed."""
        self._on_loss.append(handler)

    def send(self, channel: str, payload: str) -> None:
        """Tell this process now and the others within a few milliseconds."""
        self._dispatch(channel, payload)
        self._outgoing.add((channel, payload))
        self._has_outgoing.set()

    async def start(self) -> None:
        """Begin to send and to listen, which may take longer when the database is away."""
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._send())]
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._has_connected.wait()
        except TimeoutError:
            log.warning("not hearing other processes yet")

    async def stop(self) -> None:
        """Send what is left and stop."""
        await self._flush()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.is_connected = False

    def _dispatch(self, channel: str, payload: str) -> None:
        for handler in self._handlers.get(channel, ()):
            handler(payload)

    async def _send(self) -> None:
        while True:
            await self._has_outgoing.wait()
            await self._flush()
            await asyncio.sleep(_TICK_SECONDS)  # what comes meanwhile goes together

    async def _flush(self) -> None:
        outgoing, self._outgoing = self._outgoing, set()
        self._has_outgoing.clear()
        if not outgoing:
            return
        channels = [_PREFIX + channel for channel, _ in outgoing]
        payloads = [payload for _, payload in outgoing]
        try:
            connection = await self._pool.acquire()
            try:
                await connection.fetch(_NOTIFY, [channels, payloads])
            finally:
                self._pool.release(connection)
        except Exception as error:  # noqa: BLE001  # whatever it was, there will be other notices
            log.warning("notices to other processes were lost", extra={"error": type(error).__name__})

    async def _listen(self) -> None:
        pause = 0.05
        while True:
            connection: asyncpg.Connection[Any] | None = None
            try:
                connection = await connect(self._dsn, {"application_name": self._name})
                closed = asyncio.Event()
                connection.add_termination_listener(lambda _, closed=closed: closed.set())
                for channel in self._handlers:
                    await connection.add_listener(_PREFIX + channel, self._heard)  # type: ignore[arg-type]
                self.is_connected, pause = True, 0.05
                self._has_connected.set()
                while not await _happens(closed, _PROBE_SECONDS):
                    # That it was closed is heard at once; that the other side is gone without a word only by asking.
                    await connection.execute("SELECT 1", timeout=_PROBE_SECONDS)
                log.warning("not hearing other processes; trying again", extra={"error": "closed"})
            except Exception as error:  # noqa: BLE001  # whatever it was, hearing nothing for good would be worse
                facts = {"error": type(error).__name__}
                log.warning("not hearing other processes; trying again", extra=facts)
            finally:
                self._lose(connection)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)

    def _lose(self, connection: "asyncpg.Connection[Any] | None") -> None:
        self.is_connected = False
        if connection is not None:
            connection.terminate()
        for handler in self._on_loss:
            handler()

    def _heard(self, connection: object, pid: int, channel: str, payload: str) -> None:
        self._dispatch(channel.removeprefix(_PREFIX), payload)


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    """Whether something happens within a while."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
