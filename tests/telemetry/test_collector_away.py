"""A collector that is away, slow or refuses costs what could not be told, never a call, and never the end."""

import asyncio
import time
from http import HTTPStatus

import pytest

from server.kernel.settings import PlatformSettings, read
from server.kernel.telemetry.outbox import DROPPED
from server.kernel.telemetry.settings import TelemetrySettings
from server.kernel.telemetry.spans import SpanKind
from server.kernel.telemetry.telemetry import Telemetry, resource_of
from tests.journeys.whole_run import free_ports
from tests.kernel.echo import Ask, stub
from tests.telemetry.traces import new_trace, within

MOST = 2048  # what may wait
SAY = "tests.echo.v1.EchoService/Say"


@pytest.fixture
async def telemetry(monkeypatch, collector):
    """The telemetry of a process of its own, so to speak, and how it is started with a collector."""

    def to(url):
        monkeypatch.setenv("TENANTRY_OTEL_EXPORTER", "otlp")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        return Telemetry(read(TelemetrySettings), resource_of(read(PlatformSettings), "eu"))

    yield to
    collector.status = HTTPStatus.OK
    collector.is_answering.set()


def record(telemetry, count):
    """Spans that have ended."""
    traces = [new_trace() for _ in range(count)]
    for trace in traces:
        telemetry.tracer.begin("work", SpanKind.SERVER, trace).end()
    return traces


async def test_calls_go_on_while_a_collector_hangs_and_what_does_not_fit_is_dropped(server, collector):
    say, dropped = stub(server.channel, "Say"), DROPPED.value(signal="spans")
    collector.is_answering.clear()

    started = time.monotonic()
    for _ in range(100):
        await say(Ask(text="x"), metadata=within(new_trace()))
    assert time.monotonic() - started < 5
    record(server.app.telemetry, 2 * MOST)

    assert MOST - 512 <= DROPPED.value(signal="spans") - dropped < 2 * MOST
    collector.is_answering.set()
    [last] = [new_trace()]
    await say(Ask(text="x"), metadata=within(last))
    while not collector.trace(last.trace_id):  # as soon as there is room again
        last = new_trace()
        await say(Ask(text="x"), metadata=within(last))
        await asyncio.sleep(0.2)


async def test_what_waits_is_told_at_the_end(telemetry, collector):
    found = telemetry(collector.url)
    await found.start()
    traces = record(found, 1500)

    started = time.monotonic()
    await found.stop(grace_seconds=5)

    assert time.monotonic() - started < 3
    told = {span.trace_id.hex() for _, span in collector.spans}
    assert {trace.trace_id for trace in traces} <= told


@pytest.mark.parametrize("how", ["hangs", "is busy", "is gone"])
async def test_the_end_does_not_wait_longer_than_the_grace(telemetry, collector, how):
    collector.status = HTTPStatus.SERVICE_UNAVAILABLE if how == "is busy" else HTTPStatus.OK
    if how == "hangs":
        collector.is_answering.clear()
    found = telemetry(f"http://127.0.0.1:{free_ports(1)[0]}" if how == "is gone" else collector.url)
    await found.start()
    record(found, 10)

    started = time.monotonic()
    await found.stop(grace_seconds=1)

    assert time.monotonic() - started < 2.5


async def test_what_a_collector_refuses_is_dropped_and_counted(telemetry, collector, caplog):
    dropped = DROPPED.value(signal="spans")
    collector.status = HTTPStatus.FORBIDDEN
    found = telemetry(collector.url)
    await found.start()
    record(found, 10)

    await found.stop(grace_seconds=5)

    assert DROPPED.value(signal="spans") == dropped + 10
    [line] = [line for line in caplog.records if vars(line).get("signal") == "spans"]
    assert line.getMessage() == "telemetry is dropped"
