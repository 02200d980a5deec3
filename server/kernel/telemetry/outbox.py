"""What waits to be sent to the collector: bounded, and never waited for by those who put it there."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Generic, TypeVar

from server.kernel.telemetry.metrics import Counter

log = logging.getLogger(__name__)

DROPPED = Counter("tenantry.telemetry.dropped", "What could not be told to the collector, by what it was.", "{item}")

T = TypeVar("T")
_EVERY_SECONDS = 1.0
_COMPLAIN_SECONDS = 60.0


class Outbox(Generic[T]):
    """
    Sends items to a collector from a thread of its own.

    A collector that is away or slow costs what does not fit in, which is counted; it never costs a call.
    """

    def __init__(
        self, signal: str, send: Callable[[Sequence[T]], bool], *, most: int = 2048, most_at_once: int = 512
    ) -> None:
        self._signal = signal
        self._send = send
        self._most = most
        self._most_at_once = most_at_once
        self._waiting: deque[T] = deque()
        self._has_some = threading.Event()
        self._stopping = threading.Event()
        self._complained_at = -_COMPLAIN_SECONDS
        self._thread = threading.Thread(target=self._run, name=f"telemetry-{signal}", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def put(self, item: T) -> None:
        """Take an item, or drop it when too many wait. Returns at once."""
        if len(self._waiting) >= self._most:
            self._drop(1)
            return
        self._waiting.append(item)
        if not self._has_some.is_set():
            self._has_some.set()

    def stop(self, seconds: float) -> None:
        """Send what waits, for at most so many seconds. What is left then is dropped with the process."""
        self._stopping.set()
        self._has_some.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._has_some.wait()
            self._stopping.wait(_EVERY_SECONDS)  # until there are several
            self._has_some.clear()
            self._empty()
        self._empty()

    def _empty(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most_at_once))]
            try:
                is_sent = self._send(batch)
            except Exception:
                log.exception("telemetry could not be sent", extra={"signal": self._signal})
                is_sent = False
            if not is_sent:
                self._drop(len(batch))

    def _drop(self, count: int) -> None:
        DROPPED.add(count, signal=self._signal)
        if monotonic() - self._complained_at >= _COMPLAIN_SECONDS:
            self._complained_at = monotonic()
            dropped = DROPPED.value(signal=self._signal)
            log.warning("telemetry is dropped", extra={"signal": self._signal, "dropped": dropped})
