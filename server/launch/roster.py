"""Which processes a run has started, kept in a file so that the next run can end those that a killed one left."""

import json
from dataclasses import asdict
from pathlib import Path

from server.launch.processes import Process


class Roster:
    """Names and numbers of a run's processes. Only the holder of the data folder's lock writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._running: dict[str, Process] = {}

    def left_over(self) -> dict[str, Process]:
        """The processes of an earlier run that still run."""
        try:
            noted = json.loads(self._path.read_text())
            found = {name: Process(**process) for name, process in noted.items()}
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return {}  # a first run, or one that was killed while it wrote
        return {name: process for name, process in found.items() if process.is_alive}

    def note(self, name: str, pid: int | None) -> None:
        """Keep in mind that *name* runs as *pid*."""
        if pid is not None and (process := Process.of(pid)):
            self._running[name] = process
            self._write()

    def strike(self, name: str) -> None:
        """*name* has ended."""
        if self._running.pop(name, None):
            self._write()

    def _write(self) -> None:
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps({name: asdict(process) for name, process in self._running.items()}))
        draft.replace(self._path)
