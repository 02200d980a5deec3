"""Traces that tests begin, as whoever calls would."""

import secrets

from server.kernel.telemetry.trace_context import TraceContext
from tests.harness import Metadata


def new_trace(*, is_sampled: bool = True) -> TraceContext:
    """A span of a caller."""
    return TraceContext(secrets.token_hex(16), secrets.token_hex(8), is_sampled)


def within(trace: TraceContext) -> Metadata:
    """What a call within it brings along."""
    return (("traceparent", trace.header),)
