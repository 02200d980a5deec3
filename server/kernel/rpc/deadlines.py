"""
Ends calls that take too long: `asyncio.timeout` for many at once.

A timer for each call would cost a tenth of a short one, so all share one that looks at them ten times a second.
"""

import asyncio
from types import TracebackType

_EVERY_SECONDS = 0.1


class Deadlines:
    """The deadlines of all calls that run in one event loop."""

    def __init__(self) -> None:
        self._running: set[Deadline] = set()
        self._loop: asyncio.AbstractEventLoop | None = None  # the one that looks at them

    def after(self, seconds: float) -> "Deadline":
        """`with deadlines.after(seconds):` raises `TimeoutError` when its block takes longer."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop = loop
            loop.call_later(_EVERY_SECONDS, self._look, loop)
        return Deadline(self._running, loop.time() + seconds)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for deadline in [deadline for deadline in self._running if deadline.at <= now]:
            deadline.end()
        if self._running:
            loop.call_later(_EVERY_SECONDS, self._look, loop)
        elif self._loop is loop:
            self._loop = None


class Deadline:
    """
    Cancels what runs inside when its time has come, and makes a `TimeoutError` of that.

    Somebody else's cancellation passes through, also one that comes at the same moment.
    """

    __slots__ = ("_is_over", "_running", "_task", "at")

    def __init__(self, running: "set[Deadline]", at: float) -> None:
        self._running = running
        self._task = asyncio.current_task()
        self._is_over = False
        self.at = at

    def __enter__(self) -> None:
        self._running.add(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.discard(self)
        if self._is_over and self._task is not None:
            is_alone = self._task.uncancel() == 0
            if is_alone and isinstance(error, asyncio.CancelledError):
                raise TimeoutError from error

    def end(self) -> None:
        """Cancel what runs inside."""
        self._running.discard(self)
        if self._task is not None:
            self._is_over = True
            self._task.cancel()
