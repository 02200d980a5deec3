"""The clock is put forward or back in the middle of the work: nothing is lost, done twice, or waits for a day."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from tenantry.deliveries.v1 import types_pb2

from server.kernel import ids
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.clock import system_clock
from server.kernel.database import Database
from server.kernel.deliveries import worker as workers
from server.kernel.deliveries.engine import Engine
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.errors import Refusal
from tests.kernel.faults import eventually, fault_database
from tests.kernel.receiver_process import METHOD
from tests.kernel.working import QUICK, ReceiverProcess, queue, standing, tokens_of_tests, worker

DAY = timedelta(days=1)
NAMES = [f"n{number}" for number in range(300)]


class Clock:
    """Runs with the system's, ahead of it or behind."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return system_clock() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def database(postgres: str, database_name: str, clock: Clock) -> AsyncIterator[Database]:
    async with fault_database(postgres, f"{database_name}_clock", pool_size=3, clock=clock) as found:
        set_current_call(service_call("test"))
        yield found


@pytest_asyncio.fixture
async def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ReceiverProcess]:
    monkeypatch.setattr(workers, "_HOUSEKEEPING_SECONDS", 0.3)  # a minute, else
    async with ReceiverProcess(tmp_path).running() as found:
        yield found


async def _fill(database: Database) -> None:
    """One message that a dead worker holds, one that waits for its next try, one for later, and many."""
    engine = Engine(database, QUICK)
    await queue(database, "held", "failed")
    lease = ids.uuid7()
    _, failed = await engine.claim(Queue.USAGES, 10, lease)
    await engine.settle(Queue.USAGES, [failed], [Result(None, Outcome.RETRY_LATER, "AWAY")], lease)
    async with database.begin() as uow:
        uow.deliver(Message(Queue.USAGES, {"Name": "later"}, due_at=database.now() + DAY / 2))
    await queue(database, *NAMES)


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["forward", "back"])
async def test_a_backlog_is_carried_out_once_whatever_the_clock_does(database, clock, receiver, jump):
    await _fill(database)
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(worker(database.pool._dsn, receiver.target, clock=clock))
        await eventually(lambda: _has_begun(receiver))
        assert (await standing(database))[0] > 10, "it was to be in the middle of the work"

        clock.ahead += jump
        await queue(database, "afterwards")
        await eventually(lambda: _is(database, (0 if jump > timedelta() else 1, 0)), seconds=10)

        clock.ahead = DAY
        await eventually(lambda: _is(database, (0, 0)), seconds=10)

    assert Counter(receiver.carried_out) == Counter(["held", "failed", "later", "afterwards", *NAMES])


async def test_a_worker_whose_token_is_of_another_day_takes_a_new_one(database, clock):
    tokens, accepted = tokens_of_tests(clock), []

    async def deliver(request: Any, context: Any) -> Any:
        authorization = str(dict(context.invocation_metadata())["authorization"])
        try:
            tokens.verify(authorization.removeprefix("Bearer "))
        except Refusal:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED)
        accepted.append(authorization)
        delivered = types_pb2.DeliveryResult(outcome=types_pb2.DELIVERY_OUTCOME_DELIVERED)
        return types_pb2.DeliveryBatchResult(results=[delivered for _ in request.messages])

    async with _serving(deliver) as target, worker(database.pool._dsn, target, clock=clock, tokens=tokens):
        await queue(database, "before")
        await eventually(lambda: _is(database, (0, 0)))

        clock.ahead = DAY
        await queue(database, "after")

        await eventually(lambda: _is(database, (0, 0)), seconds=6)
    assert len(set(accepted)) == 2


@asynccontextmanager
async def _serving(deliver: Callable[..., Any]) -> AsyncIterator[str]:
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(
        deliver,
        request_deserializer=types_pb2.DeliveryBatch.FromString,
        response_serializer=types_pb2.DeliveryBatchResult.SerializeToString,
    )
    service, _, method = METHOD.removeprefix("/").partition("/")
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


async def _has_begun(receiver: ReceiverProcess) -> bool:
    return len(receiver.carried_out) > 0


async def _is(database: Database, depths: tuple[int, int]) -> bool:
    return await standing(database) == depths
