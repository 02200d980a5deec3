"""A trace goes on where work is carried out later: in the worker, and in the server that it calls."""

import asyncio
import json
import logging

import grpc
import pytest
import pytest_asyncio
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tenantry.recording.v1.recording_service_pb2 import RecordUsageRequest
from tenantry.recording.v1.recording_service_pb2_grpc import RecordingServiceStub

from server.kernel import ids
from server.kernel.access.caller import Call, Caller, set_current_call
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.deliveries.operations import Operations
from server.kernel.telemetry.deliveries import begin_delivery, cause_of
from server.kernel.telemetry.queues import ATTEMPTS, sample_queues
from server.kernel.telemetry.spans import Tracer
from server.worker import worker_of
from tests.telemetry.collector import attributes
from tests.telemetry.traces import new_trace, within

RECORD, DELIVER = "tenantry.recording.v1.RecordingService/RecordUsage", "tenantry.usages.v1.UsagesService/DeliverUsages"


@pytest_asyncio.fixture
async def record(server):
    service = RecordingServiceStub(server.channel)

    async def call(trace):
        metadata = (*server.as_service(), *(within(trace) if trace else ()))
        await service.RecordUsage(RecordUsageRequest(event_name="Seen"), metadata=metadata)

    yield call
    await server.rows("DELETE FROM kernel.delivery")


@pytest_asyncio.fixture
async def work(server):
    """Lets a worker work until nothing waits."""

    async def until_done():
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            worker = worker_of(server.app, channel)
            working = asyncio.create_task(worker.run())
            async with asyncio.timeout(20):
                while await server.rows("SELECT 1 FROM kernel.delivery WHERE dead_at IS NULL"):
                    await asyncio.sleep(0.02)
            worker.stop()
            await working

    return until_done


async def test_a_message_on_its_own_goes_on_in_the_trace_of_the_call_that_queued_it(server, collector, record, work):
    trace = new_trace()

    await record(trace)
    await work()

    await collector.until(lambda told: DELIVER in {span.name for _, span in told.trace(trace.trace_id)})
    await collector.until(lambda told: "deliver usages" in {span.name for _, span in told.trace(trace.trace_id)})
    spans = {span.name: span for _, span in collector.trace(trace.trace_id)}
    calling, delivering, carrying = spans[RECORD], spans["deliver usages"], spans[DELIVER]
    assert (delivering.parent_span_id, delivering.kind) == (calling.span_id, Span.SPAN_KIND_CONSUMER)
    assert attributes(delivering) == {
        "messaging.destination.name": "usages",
        "messaging.batch.message_count": 1,
        "tenantry.failed_count": 0,
    }
    assert carrying.parent_span_id == delivering.span_id
    assert spans["INSERT kernel.delivery"].parent_span_id == calling.span_id
    assert spans["INSERT usages.usage_record"].parent_span_id == carrying.span_id


async def test_messages_of_several_traces_have_one_of_their_own_that_is_linked_to_them(server, collector, record, work):
    traces = [new_trace() for _ in range(3)]

    for trace in [*traces, new_trace(is_sampled=False), None]:
        await record(trace)
    await work()

    def links(span):
        return {link.trace_id.hex() for link in span.links}

    wanted = {trace.trace_id for trace in traces}
    await collector.until(lambda told: any(links(span) == wanted for _, span in told.spans))
    [delivering] = [span for _, span in collector.spans if links(span) == wanted]
    assert (delivering.parent_span_id, attributes(delivering)["messaging.batch.message_count"]) == (b"", 5)
    own = collector.trace(delivering.trace_id.hex())
    assert [span.parent_span_id for _, span in own if span.name == DELIVER] == [delivering.span_id]


async def test_what_no_trace_records_is_carried_out_without_a_span(server, collector, record, work):
    before = len([span for _, span in collector.spans if span.name.startswith("deliver")])
    trace = new_trace(is_sampled=False)

    await record(trace)
    await record(None)
    await work()
    [after] = [new_trace()]
    await record(after)
    await work()

    await collector.until(lambda told: "deliver usages" in {span.name for _, span in told.trace(after.trace_id)})
    assert len([span for _, span in collector.spans if span.name.startswith("deliver")]) == before + 1
    assert collector.trace(trace.trace_id) == []


@pytest.mark.parametrize("is_sampled", [True, False])
async def test_the_envelope_says_where_a_message_comes_from(server, is_sampled):
    trace, caller_id = new_trace(is_sampled=is_sampled), ids.new_id("user")
    set_current_call(Call(Caller(caller_id), "call-of-a-test", metadata=dict(within(trace))))

    async with server.database.begin() as uow:
        uow.deliver(Message(Queue.JOBS, {"Text": f'"Traceparent": "{new_trace().header}"'}))

    [text] = await server.queued("jobs", caller_id)
    await server.rows("DELETE FROM kernel.delivery")
    assert json.loads(text)["Traceparent"] == trace.header
    assert cause_of(text) == trace
    assert cause_of(json.dumps({"Text": f'"Traceparent": "{trace.header}"'})) is None  # only text, no member


def test_without_a_collector_a_message_on_its_own_still_passes_its_trace_on():
    trace = new_trace(is_sampled=False)
    text = json.dumps({"MessageId": "x", "Traceparent": trace.header})

    for tracer in (None, Tracer(lambda _: None, 0)):
        alone, bare = begin_delivery(tracer, "usages", [text]), begin_delivery(tracer, "usages", ["{}"])
        assert (alone.span, alone.traceparent) == (None, trace.header)
        assert (bare.span, bare.traceparent) == (None, None)


async def test_a_dead_letter_is_logged_with_the_trace_that_caused_it_and_counted(server, work, caplog):
    trace = new_trace(is_sampled=False)
    before = ATTEMPTS.value(queue="usages", outcome="refused")
    set_current_call(Call(Caller(), "call-of-a-test", metadata=dict(within(trace))))
    async with server.database.begin() as uow:
        uow.deliver(Message(Queue.USAGES, {"EventName": "Seen"}))

    with caplog.at_level(logging.ERROR):
        await work()
    await sample_queues(Operations(server.app.platform.database).depths, server.clock())

    [line] = [line for line in caplog.records if line.getMessage() == "dead letter"]
    assert vars(line)["trace_id"] == trace.trace_id
    assert ATTEMPTS.value(queue="usages", outcome="refused") == before + 1
    await server.rows("DELETE FROM kernel.delivery")


async def test_what_waits_and_what_is_dead_is_measured_by_queue(server, collector, record):
    set_current_call(Call(Caller(), "call-of-a-test"))
    await record(None)
    await server.rows("UPDATE kernel.delivery SET queued_at = queued_at - interval '1 minute'")
    await record(None)
    await server.rows(
        "INSERT INTO kernel.delivery SELECT gen_random_uuid(), queue, lane, position, message, "
        "organization_id, queued_at, due_at, attempts, leased_until, leased_by, now() "
        "FROM kernel.delivery LIMIT 1"
    )

    await sample_queues(Operations(server.app.platform.database).depths, server.clock())

    def values(name):
        metric = collector.metrics.get(name)
        return {attributes(point)["queue"]: point for point in metric.gauge.data_points} if metric else {}

    await collector.until(lambda _: values("tenantry.queue.dead") and values("tenantry.queue.dead")["usages"].as_int)
    assert values("tenantry.queue.depth")["usages"].as_int == 2
    assert values("tenantry.queue.dead")["usages"].as_int == 1
    assert values("tenantry.queue.dead")["emails"].as_int == 0
    assert 60 <= values("tenantry.queue.lag")["usages"].as_double < 120
