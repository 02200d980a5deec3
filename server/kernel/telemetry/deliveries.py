"""The trace of a delivery: that of the call which queued the message, or, for messages of several, one with links."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.telemetry.spans import Span, SpanKind, Tracer
from server.kernel.telemetry.trace_context import TraceContext, parse

# Looked for in the text: a hundred messages are not parsed for this.
_MEMBER = re.compile(r'"Traceparent":\s*"([0-9a-f-]+)"')


@dataclass(frozen=True, slots=True)
class Delivery:
    """One batch on its way."""

    span: Span | None
    traceparent: str | None  # for whoever carries it out

    def end(self, results: Sequence[Result]) -> None:
        """It was answered."""
        if self.span is not None:
            failed = sum(result.outcome is not Outcome.DELIVERED for result in results)
            self.span.attributes["tenantry.failed_count"] = failed
            self.span.is_error = failed > 0
            self.span.end()

    def fail(self, error: BaseException) -> None:
        """It was not."""
        if self.span is not None:
            self.span.note(error)
            self.span.end()


def begin_delivery(tracer: Tracer | None, queue: str, messages: Sequence[str]) -> Delivery:
    """Begin the span of a batch if one of its messages belongs to a trace that is recorded."""
    if tracer is None:
        alone = cause_of(messages[0]) if len(messages) == 1 else None
        return Delivery(None, alone.header if alone is not None else None)
    causes = list(dict.fromkeys(cause for cause in map(cause_of, messages) if cause is not None))
    sampled = [cause for cause in causes if cause.is_sampled]
    traces = {cause.trace_id for cause in sampled or causes}
    if len(traces) == 1:
        parent = (sampled or causes)[0]
        span = tracer.begin(f"deliver {queue}", SpanKind.CONSUMER, parent, links=sampled[1:])
    elif causes and not sampled:
        return Delivery(None, None)  # several traces that nobody records
    else:
        parent, span = None, tracer.begin(f"deliver {queue}", SpanKind.CONSUMER, None, links=sampled)
    if span is None:
        return Delivery(None, parent.header if parent is not None else None)
    span.attributes |= {"messaging.destination.name": queue, "messaging.batch.message_count": len(messages)}
    return Delivery(span, span.context.header)


def cause_of(message: str) -> TraceContext | None:
    """The span in which *message* was queued, as its envelope says."""
    found = _MEMBER.search(message)
    return parse(found[1]) if found is not None else None
