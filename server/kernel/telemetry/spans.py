"""
Spans of traces that are recorded. Whatever is not recorded has none, so an ordinary call pays nothing for them.

They are plain objects, handed to a sink when they end; a thread of the exporter makes OpenTelemetry's of them.
"""

import random
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from time import time_ns

from server.kernel.telemetry.trace_context import TraceContext

Attributes = Mapping[str, str | int | float | bool]


class SpanKind(StrEnum):
    """On which side of what a span is."""

    SERVER = "SERVER"
    CLIENT = "CLIENT"
    CONSUMER = "CONSUMER"


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened during a span."""

    name: str
    at: int
    attributes: Attributes


class Span:
    """Something that takes time. Never holds a secret: neither parameters of statements nor messages of errors."""

    __slots__ = (
        "_sink",
        "attributes",
        "context",
        "ended_at",
        "events",
        "is_error",
        "kind",
        "links",
        "name",
        "parent",
        "started_at",
    )

    def __init__(
        self,
        sink: Callable[["Span"], None],
        name: str,
        kind: SpanKind,
        *,
        parent: TraceContext | None,
        links: Sequence[TraceContext] = (),
    ) -> None:
        self._sink = sink
        trace_id = parent.trace_id if parent is not None else _random_id(128)
        self.context = TraceContext(trace_id, _random_id(64), is_sampled=True)
        self.parent = parent
        self.links = links
        self.name = name
        self.kind = kind
        self.attributes: dict[str, str | int | float | bool] = {}
        self.events: list[SpanEvent] = []
        self.is_error = False
        self.started_at = time_ns()
        self.ended_at = 0

    def child(self, name: str, kind: SpanKind) -> "Span":
        """Begin a part of this."""
        return Span(self._sink, name, kind, parent=self.context)

    def note(self, error: BaseException) -> None:
        """
        Note that *error* happened, and where.

        Neither its message nor lines of code, which may quote values; those are in the log.
        """
        places = traceback.walk_tb(error.__traceback__)
        where = "\n".join(f"{frame.f_code.co_filename}:{line} {frame.f_code.co_qualname}" for frame, line in places)
        said = {"exception.type": f"{type(error).__module__}.{type(error).__qualname__}", "exception.stacktrace": where}
        self.events.append(SpanEvent("exception", time_ns(), said))
        self.is_error = True

    def end(self) -> None:
        """It is over; hand it on."""
        self.ended_at = time_ns()
        self._sink(self)


class Tracer:
    """Begins spans where a trace is recorded, and decides that where none has begun."""

    def __init__(self, sink: Callable[[Span], None], ratio: float) -> None:
        self._sink = sink
        self._ratio = ratio

    def begin(
        self, name: str, kind: SpanKind, parent: TraceContext | None, links: Sequence[TraceContext] = ()
    ) -> Span | None:
        """The span of something that comes from outside; ``None`` when its trace is not recorded."""
        is_sampled = parent.is_sampled if parent is not None else bool(links) or self._is_picked()
        return Span(self._sink, name, kind, parent=parent, links=links) if is_sampled else None

    def _is_picked(self) -> bool:
        return random.random() < self._ratio  # noqa: S311  # picks calls, keeps no secret


def _random_id(bits: int) -> str:
    number = random.getrandbits(bits) or 1  # zero means none
    return f"{number:0{bits // 4}x}"
