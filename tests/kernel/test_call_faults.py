"""Calls in which something goes wrong outside the application: in a check, in an answer, in the refusal itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import grpc
import pytest
from tenantry.health.v1 import health_service_pb2
from tenantry.options.v1.access_pb2 import RATE_CLASS_UNSPECIFIED

from server.kernel.access.caller import Call, Caller
from server.kernel.clock import system_clock
from server.kernel.errors import InvalidArgument, NotFound, RateLimited, Refusal, Violation
from server.kernel.rpc.authentication import Authentication
from server.kernel.rpc.methods import read_methods
from server.kernel.rpc.pipeline import Pipeline
from server.kernel.rpc.rates import Rates
from tests.harness import refusal

CANARY = "canary-of-the-inside"
SERVICE = health_service_pb2.DESCRIPTOR.services_by_name["HealthService"]
METHOD = read_methods(SERVICE)[0]


@asynccontextmanager
async def answering(handler: Any, check: Any = None, **changes: Any) -> AsyncIterator[Any]:
    """A call that *handler* answers, behind the pipeline."""
    authentication = Authentication(None, None)  # type: ignore[arg-type]  # nobody presents anything
    pipeline = Pipeline(authentication, None, Rates(), system_clock)  # type: ignore[arg-type]  # nor repeats anything
    server = grpc.aio.server()
    handlers = {METHOD.name: pipeline.compose(replace(METHOD, **changes), handler, check)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE.full_name, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel.unary_unary(METHOD.path)
    await server.stop(0)


def _raising(error: BaseException) -> Any:
    async def handler(request: Any, context: Any) -> Any:
        raise error

    return handler


class Nameless(Refusal):
    """Of none of the nine kinds."""

    reason = "NAMELESS"


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(CANARY),
        ValueError(CANARY),
        NotFound(CANARY, amount=17),  # type: ignore[arg-type]  # what a slip looks like
        NotFound(CANARY, text="\ud800"),
        Nameless(CANARY),
        AssertionError(CANARY),
        RecursionError(CANARY),
        MemoryError(CANARY),
    ],
    ids=repr,
)
async def test_whatever_goes_wrong_the_caller_learns_an_incident_id_and_nothing_else(error):
    async with answering(_raising(error)) as call:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await call(b"", timeout=5)

    assert raised.value.code() is grpc.StatusCode.INTERNAL
    assert CANARY not in repr(raised.value)
    assert "incident" in (await refusal(_again(raised.value))).metadata["incident_id"]


async def test_a_check_that_breaks_tells_nothing_either():
    def check(request: Any) -> Any:
        raise ValueError(CANARY)

    async with answering(_raising(AssertionError("not reached")), check) as call:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await call(b"", timeout=5)

    assert raised.value.code() is grpc.StatusCode.INTERNAL
    assert CANARY not in repr(raised.value)


async def test_a_handler_that_cancels_itself_leaves_no_caller_waiting():
    async with answering(_raising(asyncio.CancelledError())) as call:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await call(b"", timeout=5)

    assert raised.value.code() is not grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize("text", ["must be shorter", "muß kürzer sein " * 20])
async def test_a_thousand_violations_still_reach_the_caller(text):
    violations = [Violation(f"things[{number}].name", "INVALID_NAME", text) for number in range(1_000)]

    async with answering(_raising(InvalidArgument(*violations))) as call:
        refused = await refusal(call(b"", timeout=5))

    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.reason == "VALIDATION_FAILED"
    assert refused.violations["things[0].name"] == "INVALID_NAME"


async def test_a_long_message_still_reaches_the_caller():
    async with answering(_raising(NotFound("ß" * 100_000))) as call:
        refused = await refusal(call(b"", timeout=5))

    assert refused.code is grpc.StatusCode.NOT_FOUND


async def test_a_caller_cannot_keep_a_call_for_a_year(monkeypatch):
    monkeypatch.setattr("server.kernel.rpc.pipeline._LONGEST_SECONDS", 0.2)
    started = asyncio.get_running_loop().time()

    async def handler(request: Any, context: Any) -> Any:
        await asyncio.sleep(20)

    async with answering(handler) as call:
        refused = await refusal(call(b"", timeout=365 * 86400))

    assert refused.reason == "DEADLINE_EXCEEDED"
    assert asyncio.get_running_loop().time() - started < 5


async def test_bytes_that_are_no_message_are_refused():
    async with answering(_raising(AssertionError("not reached"))) as call:
        refused = await refusal(call(b"\xff\xff\xff", timeout=5))

    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT


def test_strangers_do_not_share_one_limit():
    rates = Rates(ordinary="2/minute")
    one, other = (
        Call(Caller(), "a-call-of-nobody", find_client_address=partial(str, address))
        for address in ("192.0.2.1", "192.0.2.2")
    )
    rates.admit(RATE_CLASS_UNSPECIFIED, one)
    rates.admit(RATE_CLASS_UNSPECIFIED, one)

    rates.admit(RATE_CLASS_UNSPECIFIED, other)
    with pytest.raises(RateLimited):
        rates.admit(RATE_CLASS_UNSPECIFIED, one)


async def _again(error: Exception) -> None:
    raise error


async def test_a_call_that_its_caller_gave_up_is_no_incident(caplog):
    begun = asyncio.Event()

    async def handler(request: Any, context: Any) -> Any:
        begun.set()
        await asyncio.sleep(20)

    with caplog.at_level("INFO", "tenantry.call"):
        async with answering(handler) as call:
            running = call(b"", timeout=20)
            waiting = asyncio.ensure_future(refusal(running))
            await begun.wait()
            running.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await asyncio.sleep(0.2)

    assert [record.code for record in caplog.records if record.name == "tenantry.call"] == ["CANCELLED"]
