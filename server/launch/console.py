"""What the terminal shows of a run: what the supervisor says and what its processes say, each under its name."""

import json
import sys
from datetime import UTC, datetime
from typing import Literal, TextIO

SUPERVISOR = "supervisor"
NAME_WIDTH = 10


class Console:
    """Writes lines for people, or JSON lines for tools."""

    def __init__(self, log_format: Literal["readable", "json"], stream: TextIO | None = None) -> None:
        self._json = log_format == "json"
        self._stream: TextIO | None = stream or sys.stdout

    def say(self, text: str) -> None:
        """Say something of the supervisor's own."""
        self.relay(SUPERVISOR, text)

    def relay(self, name: str, line: str) -> None:
        """Pass on one line of the process called *name*."""
        if self._json:
            self._write(line if _is_json_object(line) else _as_json(name, line))
        else:
            self._write(f"{name:<{NAME_WIDTH}} | {line}")

    def page(self, text: str) -> None:
        """Show a text of several lines, as it stands where people read."""
        self._write(_as_json(SUPERVISOR, text) if self._json else text)

    def _write(self, line: str) -> None:
        if self._stream is None:
            return
        try:
            print(line, file=self._stream, flush=True)
        except BrokenPipeError:
            self._stream = None  # whoever read us has gone; that is no reason to stop serving


def _is_json_object(line: str) -> bool:
    return line.startswith("{") and line.endswith("}")


def _as_json(name: str, text: str) -> str:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"timestamp": now, "level": "info", "process": name, "event": text}, ensure_ascii=False)
