"""traceparent, as W3C Trace Context has it."""

import pytest

from server.kernel.telemetry.spans import Span, SpanKind, Tracer
from server.kernel.telemetry.trace_context import TraceContext, parse

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("header", "is_sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f"01-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-01-what-is-to-come", True),
    ],
)
def test_what_is_well_formed_is_read(header, is_sampled):
    assert parse(header) == TraceContext(TRACE, SPAN, is_sampled)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "garbage",
        None,
        b"00-bytes",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-0g",
        f"00-{TRACE}-{SPAN}-01\n",
        f"01-{TRACE}-{SPAN}-01-" + "x" * 100,
    ],
)
def test_what_is_malformed_counts_as_absent(header):
    assert parse(header) is None


def test_what_is_written_can_be_read():
    for is_sampled in (True, False):
        context = TraceContext(TRACE, SPAN, is_sampled)
        assert parse(context.header) == context


def test_whoever_began_a_trace_decides_and_of_others_a_part_is_recorded():
    ended: list[Span] = []
    never, always, half = (Tracer(ended.append, ratio) for ratio in (0, 1, 0.5))
    sampled, unsampled = TraceContext(TRACE, SPAN, is_sampled=True), TraceContext(TRACE, SPAN, is_sampled=False)

    assert never.begin("x", SpanKind.SERVER, None) is None
    assert always.begin("x", SpanKind.SERVER, unsampled) is None
    found = never.begin("x", SpanKind.SERVER, sampled)
    assert found is not None
    assert (found.context.trace_id, found.parent) == (TRACE, sampled)
    assert found.context.span_id != SPAN
    picked = sum(half.begin("x", SpanKind.SERVER, None) is not None for _ in range(2000))
    assert 800 < picked < 1200
