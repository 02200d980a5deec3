"""Calls are traced with what they ask of the database, counted by method and code, and logged with their trace."""

import logging

import grpc
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from server.kernel import ids
from server.kernel.telemetry import metrics
from server.kernel.telemetry.crashes import EXCEPTIONS
from server.kernel.telemetry.log_records import Forwarding
from tests.harness import refusal
from tests.kernel.echo import Ask, KeepAsk, stub
from tests.telemetry.collector import attributes
from tests.telemetry.traces import new_trace, within

SAY, KEEP = "tests.echo.v1.EchoService/Say", "tests.echo.v1.EchoService/Keep"
SECRET = "a-canary-that-nobody-may-read"


async def spans_of(collector, trace, *names):
    """The spans of a trace by name, once those of these names have come."""
    await collector.until(lambda told: set(names) <= {span.name for _, span in told.trace(trace.trace_id)})
    return [span for _, span in collector.trace(trace.trace_id)]


async def test_a_call_of_a_recorded_trace_has_a_span(server, collector):
    trace = new_trace()
    metadata = (*within(trace), ("x-request-id", "call-of-a-test"))

    await stub(server.channel, "Say")(Ask(text="hello"), metadata=metadata)

    [span] = await spans_of(collector, trace, SAY)
    assert (span.parent_span_id.hex(), span.kind) == (trace.span_id, Span.SPAN_KIND_SERVER)
    assert attributes(span) == {
        "rpc.system.name": "grpc",
        "rpc.method": SAY,
        "rpc.response.status_code": "OK",
        "tenantry.request_id": "call-of-a-test",
    }
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert span.end_time_unix_nano > span.start_time_unix_nano
    assert collector.told[0].headers["x-key"] == "of-the-collector"


async def test_statements_of_a_call_are_spans_without_their_parameters(server, collector, cast):
    trace, organization_id = new_trace(), ids.new_id("org")
    member = await cast.member(organization_id)
    request = KeepAsk(organization_id=organization_id, text=SECRET, request_id="9a0c5b5e-3f4e-4d0e-9a51-0f6a27e1c1aa")

    await stub(server.channel, "Keep")(request, metadata=(*member.metadata, *within(trace)))

    spans = await spans_of(collector, trace, KEEP, "COMMIT")
    [call] = [span for span in spans if span.name == KEEP]
    statements = [span for span in spans if span is not call]
    assert attributes(call)["tenantry.organization_id"] == organization_id
    assert {span.parent_span_id for span in statements} == {call.span_id}
    assert {span.kind for span in statements} == {Span.SPAN_KIND_CLIENT}
    assert {"SELECT kernel.kept_answer", "BEGIN", "INSERT probe.note", "COMMIT"} <= {span.name for span in statements}
    texts = [attributes(span)["db.query.text"] for span in statements]
    assert any("INSERT INTO probe.note" in text for text in texts)
    assert all(SECRET.encode() not in told.body for told in collector.told)
    assert all(member.metadata[0][1].encode() not in told.body for told in collector.told)


@pytest.mark.parametrize("traceparent", ["", "garbage", None, f"00-{'ab' * 16}-{'cd' * 8}-00"])
async def test_any_other_call_has_none(server, collector, traceparent):
    before, trace = len(collector.spans), new_trace()

    await stub(server.channel, "Say")(
        Ask(text="x"), metadata=() if traceparent is None else (("traceparent", traceparent),)
    )
    await stub(server.channel, "Say")(Ask(text="x"), metadata=within(trace))

    await spans_of(collector, trace, SAY)
    assert len(collector.spans) == before + 1


@pytest.mark.parametrize("rpc", ["Watch", "Collect", "Chat"])
async def test_streams_have_spans_too(server, collector, cast, rpc):
    trace, organization_id = new_trace(), ids.new_id("org")
    member = await cast.member(organization_id)
    ask, metadata = Ask(organization_id=organization_id, text="a b"), (*member.metadata, *within(trace))

    call = stub(server.channel, rpc)(ask if rpc == "Watch" else iter([ask]), metadata=metadata)
    if rpc == "Collect":
        await call
    else:
        assert [answer async for answer in call]

    spans = await spans_of(collector, trace, f"tests.echo.v1.EchoService/{rpc}")
    assert attributes(spans[-1])["tenantry.organization_id"] == organization_id


async def test_a_refusal_is_no_error_and_says_its_reason(server, collector):
    trace = new_trace()

    await refusal(stub(server.channel, "Say")(Ask(text="refuse"), metadata=within(trace)))

    [span] = await spans_of(collector, trace, SAY)
    found = attributes(span)
    assert (found["rpc.response.status_code"], found["tenantry.reason"]) == ("FAILED_PRECONDITION", "SAID_SO")
    assert span.status.code == Status.STATUS_CODE_UNSET


async def test_a_crash_is_in_the_span_the_log_and_a_counter_and_its_message_in_the_log_alone(server, collector, caplog):
    trace, site = new_trace(), f"Exceptions: /{SAY}"
    before = EXCEPTIONS.value(name=site)

    refused = await refusal(stub(server.channel, "Say")(Ask(text="fail"), metadata=within(trace)))

    [span] = await spans_of(collector, trace, SAY)
    [event] = span.events
    assert refused.code is grpc.StatusCode.INTERNAL
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert attributes(event)["exception.type"] == "builtins.RuntimeError"
    assert "echo.py" in attributes(event)["exception.stacktrace"]
    assert b"secret internal" not in span.SerializeToString()
    [record] = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert vars(record)["incident_id"] == refused.metadata["incident_id"]
    assert EXCEPTIONS.value(name=site) == before + 1


async def test_log_records_are_told_with_their_trace_and_without_secrets(server, collector, caplog):
    caplog.set_level(logging.INFO)
    trace = new_trace(is_sampled=False)
    metadata = (*within(trace), ("x-request-id", "call-of-a-log"))

    await refusal(stub(server.channel, "Say")(Ask(text="refuse"), metadata=metadata))
    logging.getLogger("tests").warning("a password", extra={"password": SECRET, "colour": "red"})

    def came(told):
        return {"call", "a password"} <= {record.body.string_value for record in told.logs}

    await collector.until(came)
    [call] = [each for each in collector.logs if attributes(each).get("request_id") == "call-of-a-log"]
    assert (call.trace_id.hex(), call.severity_text) == (trace.trace_id, "INFO")
    assert attributes(call)["reason"] == "SAID_SO"
    [warning] = [each for each in collector.logs if each.body.string_value == "a password"]
    assert (attributes(warning)["password"], attributes(warning)["colour"]) == ("[redacted]", "red")
    assert all(SECRET.encode() not in told.body for told in collector.told)


def test_a_record_that_cannot_be_read_stops_nobody(capsys):
    forwarded: list[object] = []
    record = logging.makeLogRecord({"name": "tests", "msg": "%d cars", "args": ("no number",)})

    Forwarding(forwarded.append).handle(record)

    assert forwarded == []
    assert "Logging error" in capsys.readouterr().err


async def test_calls_are_counted_by_method_and_code_with_how_long_they_took(server, collector):
    key = {"rpc.method": SAY, "rpc.response.status_code": "PERMISSION_DENIED", "rpc.system.name": "grpc"}
    say = stub(server.channel, "Say")
    for text in ("x", "y", "refuse"):
        try:
            await say(Ask(text=text))
        except grpc.aio.AioRpcError:
            continue

    def point(code):
        metric = collector.metrics.get("rpc.server.call.duration")
        found = [each for each in metric.histogram.data_points if _is(each, code)] if metric else []
        return found[0] if found else None

    def _is(each, code):
        return attributes(each) == key | {"rpc.response.status_code": code}

    told = len(collector.told)
    await collector.until(lambda now: any(each.path == "/v1/metrics" for each in now.told[told:]))
    await collector.until(lambda _: point("OK") and point("FAILED_PRECONDITION"))
    ok = point("OK")
    assert ok.count == sum(ok.bucket_counts) >= 2
    assert 0 < ok.min <= ok.sum / ok.count <= ok.max
    assert len(ok.bucket_counts) == len(ok.explicit_bounds) + 1
    assert point("PERMISSION_DENIED") is None


async def test_connections_and_the_event_loop_are_measured(server, collector):
    pool = server.database.pool
    held = await pool.acquire()

    def states(told):
        metric = told.metrics.get("db.client.connection.count")
        return {attributes(point)["state"]: point.as_int for point in metric.gauge.data_points} if metric else {}

    await collector.until(lambda told: states(told).get("used") == 1)
    pool.release(held)
    await collector.until(lambda told: states(told).get("used") == 0 and states(told)["idle"] >= 1)
    [lag] = collector.metrics["tenantry.event_loop.lag"].gauge.data_points
    assert 0 <= lag.as_double < 10


def test_a_distribution_counts_each_value_once():
    histogram = metrics.Histogram("tests.seconds", "Counted by this test.")
    series = histogram.series(kind="x")
    for value in (0.0, 0.001, 0.0011, 0.3, 100.0):
        series.record(value)

    [(_, found)] = histogram.read().points
    assert found.counts[0] == 2
    assert (found.count, found.counts[-1]) == (5, 1)
    assert (found.least, found.most) == (0.0, 100.0)
