"""
The parts of a run, and how each is kept running.

A part that is killed, or whose disk is full, is started again, sooner or later; one that keeps ending by itself is a
mistake to be mended, and stops the run with what it said last.
"""

import asyncio
import signal
from dataclasses import dataclass
from typing import NoReturn, Protocol

from server.launch.console import Console
from server.launch.errors import MISCONFIGURED, LaunchError

FIRST_DELAY, LONGEST_DELAY = 0.2, 10.0
STEADY_SECONDS = 10
OWN_ENDS_IN_A_ROW = 3


@dataclass(frozen=True)
class Ended:
    """How a part ended: its exit code, negative for a signal, and the last it said."""

    code: int
    last_words: str = ""
    is_disk_full: bool = False  # which passes when somebody makes room

    @property
    def how(self) -> str:
        if self.is_disk_full:
            return f"ended with code {self.code}, for its disk is full"
        if self.code >= 0:
            return f"ended with code {self.code}"
        return f"was killed by {signal.Signals(-self.code).name}"

    @property
    def by_itself(self) -> bool:
        return self.code >= 0 and not self.is_disk_full


class EndedEarly(LaunchError):
    """A part ended before it was ready."""

    def __init__(self, name: str, ended: Ended) -> None:
        super().__init__(f"{name} {ended.how} before it was ready.\n{ended.last_words}", code=ended.code)
        self.ended = ended


class Part(Protocol):
    """What a run consists of: the database, a server, the worker, the gateway."""

    @property
    def name(self) -> str: ...

    async def start(self) -> object:
        """Return when it is ready."""

    async def wait(self) -> Ended:
        """Return when it has ended, by whatever cause."""

    async def stop(self) -> None:
        """Stop it; nothing happens when it does not run."""


async def keep_running(part: Part, console: Console) -> NoReturn:
    """
    Start *part*, which runs, again whenever it ends.

    Raises:
        LaunchError: it does not stay up.
    """
    restarts, own_ends = 0, 0
    ended, lived = await _watch(part)
    while True:
        restarts = 0 if lived >= STEADY_SECONDS else restarts + 1
        own_ends = own_ends + 1 if ended.by_itself and lived < STEADY_SECONDS else 0
        if ended.code == MISCONFIGURED or own_ends >= OWN_ENDS_IN_A_ROW:
            raise LaunchError(f"{part.name} does not stay up: it {ended.how}.\n{ended.last_words}", code=ended.code)
        delay = min(FIRST_DELAY * 2 ** max(restarts - 1, 0), LONGEST_DELAY)
        console.say(f"{part.name} {ended.how}; starting it again in {delay:g} s")
        await asyncio.sleep(delay)
        try:
            await part.start()
        except EndedEarly as early:
            ended, lived = early.ended, 0
        else:
            console.say(f"{part.name} is back")
            ended, lived = await _watch(part)


async def _watch(part: Part) -> tuple[Ended, float]:
    clock = asyncio.get_running_loop().time
    since = clock()
    ended = await part.wait()
    return ended, clock() - since
