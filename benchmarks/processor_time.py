"""
Processor time of running processes, by the scheduler's own nanoseconds.

On a noisy machine this is the quiet yardstick: calls a second move with the neighbours, processor time a call hardly
does. Linux only: elsewhere the answer is 0 and the report leaves the columns empty.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

PROC = Path("/proc")


def with_descendants(pids: Iterable[int]) -> set[int]:
    """The processes *pids* and all that they started."""
    children: dict[int, list[int]] = defaultdict(list)
    for status in PROC.glob("[0-9]*/stat"):
        try:
            after_name = status.read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        children[int(after_name[1])].append(int(status.parent.name))
    found: set[int] = set()
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children[pid]
    return found


def nanoseconds_by_thread(pids: Iterable[int]) -> dict[str, int]:
    """How long each thread of *pids* and their descendants has run."""
    spent: dict[str, int] = {}
    for pid in with_descendants(pids):
        for schedule in PROC.glob(f"{pid}/task/*/schedstat"):
            try:
                spent[schedule.parent.name] = int(schedule.read_text().split()[0])
            except OSError:  # the thread ended while we looked
                continue
    return spent


class Stopwatch:
    """Measures what groups of processes (the server, its database, its gateway) spend from now on."""

    def __init__(self, groups: Mapping[str, tuple[int, ...]]) -> None:
        self._groups = groups
        self._before = {name: nanoseconds_by_thread(pids) for name, pids in groups.items()}

    def microseconds(self) -> dict[str, float]:
        """What each group has spent since the start. The time of threads that ended meanwhile is lost."""
        spent = {}
        for name, pids in self._groups.items():
            before = self._before[name]
            after = nanoseconds_by_thread(pids)
            spent[name] = sum(time - before.get(thread, 0) for thread, time in after.items()) / 1000
        return spent


def resident_megabytes(pid: int) -> float:
    """The resident memory of the largest among *pid* and its descendants."""
    largest = 0
    for process in with_descendants([pid]):
        for line in (PROC / str(process) / "status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                largest = max(largest, int(line.split()[1]))
    return largest / 1024
