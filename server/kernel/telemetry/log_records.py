"""Log records on their way to a collector: what stands on standard output, joined with the trace it belongs to."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from server.kernel import logs
from server.kernel.access.caller import find_current_call
from server.kernel.telemetry.trace_context import TraceContext

# What the sending itself says would be sent, and so on without end.
_OF_SENDING = ("opentelemetry", "urllib3", "requests", "server.kernel.telemetry.outbox")
_formatter = logging.Formatter()


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One line of the log."""

    at: int  # nanoseconds
    level: int
    logger: str
    text: str
    facts: Mapping[str, Any]
    trace: TraceContext | None


class Forwarding(logging.Handler):
    """Hands every record to a sink, without secrets."""

    def __init__(self, sink: Callable[[LogRecord], None]) -> None:
        super().__init__()
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(_OF_SENDING):
            return
        try:
            self._sink(self._read(record))
        except Exception:  # noqa: BLE001  # whoever logs must not fail for it
            self.handleError(record)

    def _read(self, record: logging.LogRecord) -> LogRecord:
        facts = logs.facts_of(record)
        if record.exc_info and record.exc_info[0] is not None:
            facts["exception.type"] = record.exc_info[0].__qualname__
            facts["exception.stacktrace"] = _formatter.formatException(record.exc_info)
        call = find_current_call()
        trace = call.trace_context if call is not None else None
        at = int(record.created * 1_000_000_000)
        return LogRecord(at, record.levelno, record.name, record.getMessage(), facts, trace)
