"""What is counted and recorded of calls, prepared once for each method."""

from server.kernel.access.caller import Call
from server.kernel.telemetry.metrics import Histogram, Series
from server.kernel.telemetry.spans import Span, SpanKind, Tracer
from server.kernel.telemetry.trace_context import HEADER, parse

CALLS = Histogram("rpc.server.call.duration", "How long calls took, by method and code.")
_OUR_FAULT = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})


class CallWatch:
    """Sees the calls of one method begin and end."""

    __slots__ = ("_method", "_series", "_tracer", "is_tracing")

    def __init__(self, path: str, tracer: Tracer | None) -> None:
        self._method = path.removeprefix("/")
        self._tracer = tracer
        self._series: dict[str, Series] = {}
        self.is_tracing = tracer is not None

    def begin(self, call: Call) -> None:
        """Begin the span of *call* if its trace is recorded; only to be asked when this is tracing."""
        assert self._tracer is not None
        header = call.metadata.get(HEADER)
        parent = parse(header) if header is not None else None
        call.span = self._tracer.begin(self._method, SpanKind.SERVER, parent)

    def end(self, call: Call, code: str, seconds: float, reason: str = "") -> None:
        """Count *call*, and end its span if it has one."""
        series = self._series.get(code)
        if series is None:
            attributes = {"rpc.system.name": "grpc", "rpc.method": self._method, "rpc.response.status_code": code}
            series = self._series[code] = CALLS.series(**attributes)
        series.record(seconds)
        if call.span is not None:
            self._end(call.span, call, code, reason)

    def _end(self, span: Span, call: Call, code: str, reason: str) -> None:
        span.attributes |= {
            "rpc.system.name": "grpc",
            "rpc.method": self._method,
            "rpc.response.status_code": code,
            "tenantry.request_id": call.request_id,
        }
        if call.organization_id:
            span.attributes["tenantry.organization_id"] = call.organization_id
        if reason:
            span.attributes["tenantry.reason"] = reason
        span.is_error = span.is_error or code in _OUR_FAULT
        span.end()
        call.span = None  # what fails after it, such as the answer itself, belongs to its caller
