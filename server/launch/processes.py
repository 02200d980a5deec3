"""Processes that outlived the run which started them: known by more than their number, which is soon another's."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PROC = Path("/proc")
POLL_SECONDS = 0.02

Steps = Sequence[tuple[signal.Signals, float]]
POLITELY: Steps = [(signal.SIGTERM, 10), (signal.SIGKILL, 5)]


@dataclass(frozen=True)
class Process:
    """A process of this machine, by its number and the moment it was started."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """The process of that number, unless it has ended."""
        started = _started(pid)
        return cls(pid, started) if started else None

    @property
    def is_alive(self) -> bool:
        return _started(self.pid) == self.started

    async def end(self, steps: Steps = POLITELY) -> None:
        """Send each signal in turn, and wait as long as it says, until the process is gone."""
        for number, seconds in steps:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return
            if await self._is_gone_within(seconds):
                return

    async def _is_gone_within(self, seconds: float) -> bool:
        for _ in range(round(seconds / POLL_SECONDS)):
            if not self.is_alive:
                return True
            await asyncio.sleep(POLL_SECONDS)
        return not self.is_alive


def command_line(pid: int) -> str:
    """The command a process was started with; empty when it has ended."""
    if PROC.joinpath("self").exists():
        try:
            return PROC.joinpath(str(pid), "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    return _ps(pid, "command=")


def working_in(folder: Path, program: str) -> list[Process]:
    """The processes of *program* whose working directory is *folder*, where the system tells (Linux)."""
    found = []
    for entry in PROC.glob("[0-9]*"):
        try:
            fits = entry.joinpath("comm").read_text().strip() == program and entry.joinpath("cwd").readlink() == folder
        except OSError:
            continue  # it has ended, or is another user's
        if fits and (process := Process.of(int(entry.name))):
            found.append(process)
    return found


def _started(pid: int) -> str | None:
    if not PROC.joinpath("self").exists():
        return _ps(pid, "lstart=") or None
    try:
        fields = PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    state, ticks = fields[0], fields[19]
    if state in "ZX":  # ended, and its parent has not asked yet
        return None
    return f"{PROC.joinpath('sys/kernel/random/boot_id').read_text().strip()}:{ticks}"


def _ps(pid: int, column: str) -> str:
    done = subprocess.run(["ps", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip()
