"""Counts the answers of one spell of load, whatever the protocol."""

import asyncio
import time
from abc import abstractmethod
from typing import cast

from benchmarks.load.target import Outcome, Target, outcome_of


class Tally:
    """Shared by all connections of a spell: when to stop, and what was answered."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._started = 0.0
        self._latencies_ms: list[float] = []
        self._refused = 0
        self.stops_at = 0.0

    def start(self) -> None:
        self._started = time.perf_counter()
        self.stops_at = self._started + self._seconds

    def answered(self, started: float, now: float, *, good: bool) -> None:
        self._latencies_ms.append((now - started) * 1000)
        if not good:
            self._refused += 1

    def outcome(self) -> Outcome:
        return outcome_of(self._latencies_ms, self._refused, time.perf_counter() - self._started)


class LoadConnection(asyncio.Protocol):
    """One connection that keeps its calls in flight until the tally says stop, then waits for the last answers."""

    def __init__(self, target: Target, tally: Tally) -> None:
        self._tally = tally
        self._in_flight = 0
        self._transport: asyncio.Transport
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is not one by inheritance

    def connection_lost(self, reason: Exception | None) -> None:
        self.fail(f"the server closed the connection ({reason})")

    def close(self) -> None:
        self._transport.close()

    def fail(self, message: str) -> None:
        if not self.finished.done():
            self.finished.set_exception(RuntimeError(message))

    @abstractmethod
    def begin(self) -> None:
        """Put the first calls in flight."""

    @abstractmethod
    def call(self, now: float) -> None:
        """Put one more call in flight."""

    def answer(self, started: float, *, good: bool) -> None:
        """Count an answer, and call again while there is time."""
        now = time.perf_counter()
        self._tally.answered(started, now, good=good)
        self._in_flight -= 1
        if now < self._tally.stops_at:
            self.call(now)
        elif not self._in_flight and not self.finished.done():
            self.finished.set_result(None)
