"""The load generators: what they count is what a server answered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from benchmarks.load import h2load
from benchmarks.load.generator import generate
from benchmarks.load.spell import Load, own_generator
from benchmarks.load.target import Target, grpc_target, rest_target
from benchmarks.process import free_port

GOOD = StringValue(value="a good answer")

LOADS = [pytest.param(generate, id="in-process"), pytest.param(own_generator, id="own")]
if h2load.installed():
    LOADS.append(pytest.param(h2load.generate, id="h2load"))


@asynccontextmanager
async def served(every_nth_is_refused: int = 0) -> AsyncIterator[tuple[Target, list[str]]]:
    """A server that refuses every nth call, and the authorization of each call that it saw."""
    seen: list[str] = []

    async def answer(request: StringValue, context: grpc.aio.ServicerContext[Any, Any]) -> StringValue:
        seen.append(str(dict(context.invocation_metadata() or ())["authorization"]))
        if every_nth_is_refused and len(seen) % every_nth_is_refused == 0:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "enough")
        return GOOD

    handler = grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=StringValue.FromString, response_serializer=StringValue.SerializeToString
    )
    server = grpc.aio.server()
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test.Echo", {"Say": handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    request = StringValue(value="x" * 400)
    headers = {"authorization": "Bearer " + "t" * 700}
    yield grpc_target(port, "/test.Echo/Say", request.SerializeToString(), headers, GOOD.SerializeToString()), seen
    await server.stop(None)


@pytest.mark.parametrize("load", LOADS)
async def test_every_answer_is_counted(load: Load) -> None:
    async with served() as (target, seen):
        outcome = await load(target, 0.25)

    assert outcome.refused == 0
    assert outcome.answered <= len(seen) <= outcome.answered + target.in_flight
    assert set(seen) == {"Bearer " + "t" * 700}
    assert 0 < outcome.p50_ms <= outcome.p99_ms


@pytest.mark.parametrize("load", LOADS)
async def test_refused_calls_are_told_from_good_ones(load: Load) -> None:
    async with served(every_nth_is_refused=4) as (target, _):
        outcome = await load(target, 0.25)

    assert outcome.answered // 4 == pytest.approx(outcome.refused, abs=target.in_flight)


async def test_a_server_that_ends_is_not_taken_for_a_slow_one() -> None:
    async with served() as (target, _):
        pass

    with pytest.raises((RuntimeError, OSError)):
        await generate(target, 0.2)


def test_calls_in_flight_are_spread_over_connections() -> None:
    native = grpc_target(free_port(), "/test.Echo/Say", b"", {}, b"")
    rest = rest_target(free_port(), "GET", "/", {})

    assert [(t.connections, t.streams) for t in (native, native.with_in_flight(4))] == [(4, 8), (1, 4)]
    assert [(t.connections, t.streams) for t in (rest, rest.with_in_flight(4))] == [(32, 1), (4, 1)]
    assert Target.from_json(native.to_json()) == native
