"""Deliveries: queued with the use case, carried out at least once, retried, buried, revived. With every engine."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import pytest
import pytest_asyncio
from tenantry.deliveries.v1 import types_pb2

from server.kernel import ids
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.database import Database
from server.kernel.deliveries.drain import drain
from server.kernel.deliveries.engine import EngineSettings
from server.kernel.deliveries.engines import QueueEngine
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.deliveries.operations import Operations
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.deliveries.worker import Worker
from server.kernel.migrate import KERNEL
from server.kernel.security.keys import SigningKeys, make_pem
from server.kernel.security.tokens import Tokens
from server.kernel.subdomain import Carrier
from tests.harness import SettableClock, fresh_database
from tests.kernel.engines import ENGINES, made_engine
from tests.nats_server import NatsServer

METHOD = "/tests.Deliveries/Deliver"


class Receiver:
    """Carries out messages; a test says how each ends by its body."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.request_ids: list[str] = []
        self.refusing: set[str] = set()
        self.failing: set[str] = set()

    async def carry(self, messages: Sequence[str]) -> list[Result]:
        results = []
        for text in messages:
            message = json.loads(text)
            name = message["Name"]
            self.seen.append(name)
            outcome = Outcome.DELIVERED
            if name in self.refusing:
                outcome = Outcome.REFUSED
            elif name in self.failing:
                outcome = Outcome.RETRY_LATER
            results.append(Result(message["MessageId"], outcome, None if outcome is Outcome.DELIVERED else "SAID_SO"))
        return results


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest_asyncio.fixture
async def database(postgres: str, database_name: str, clock: SettableClock) -> AsyncIterator[Database]:
    async with fresh_database(postgres, f"{database_name}_deliveries", [KERNEL]) as dsn:
        database = Database(dsn, clock=clock)
        await database.start()
        set_current_call(service_call("test"))
        yield database
        await database.stop()


@pytest_asyncio.fixture(params=ENGINES)
async def engine(database: Database, nats: NatsServer, request: pytest.FixtureRequest) -> AsyncIterator[QueueEngine]:
    settings = EngineSettings(lease=timedelta(seconds=30), most_attempts=3)
    found = made_engine(request.param, database, nats, settings)
    yield found
    await found.close()


def carrier_of(receiver: Receiver, method: str = "") -> Carrier:
    return Carrier(Queue.USAGES, method, receiver.carry, batch_size=10)


async def queue(database: Database, *names: str, lane: str | None = None, due_in: timedelta | None = None) -> None:
    async with database.begin() as uow:
        for position, name in enumerate(names):
            due_at = database.now() + due_in if due_in else None
            uow.deliver(Message(Queue.USAGES, {"Name": name}, due_at=due_at, lane=lane, position=position))


async def drain_usages(engine: QueueEngine, receiver: Receiver) -> tuple[int, int]:
    return await drain(engine, {Queue.USAGES: carrier_of(receiver)}, Queue.USAGES)


async def test_what_a_rolled_back_transaction_queued_is_never_carried_out(database, engine, receiver):
    with pytest.raises(ZeroDivisionError):
        async with database.begin() as uow:
            uow.deliver(Message(Queue.USAGES, {"Name": "never"}))
            raise ZeroDivisionError

    assert await drain_usages(engine, receiver) == (0, 0)


async def test_a_drain_carries_out_everything_oldest_first(database, engine, receiver):
    names = [f"n{number}" for number in range(25)]
    await queue(database, *names)

    assert await drain_usages(engine, receiver) == (25, 0)

    assert receiver.seen == names
    assert await Operations(database).depths() == []


async def test_a_failing_message_stops_nobody_and_waits_for_its_next_try(database, engine, receiver):
    receiver.failing = {"bad"}
    await queue(database, "bad", "good")

    assert await drain_usages(engine, receiver) == (1, 1)

    assert await engine.claim(Queue.USAGES, 10, ids.uuid7()) == []
    [depth] = await Operations(database).depths()
    assert (depth.pending, depth.dead) == (1, 0)


async def test_the_waits_between_tries_grow_and_end_in_death(database, engine, receiver, clock):
    receiver.failing = {"bad"}
    clock.stop_at(clock())
    await queue(database, "bad")

    waits = []
    for _ in range(3):
        start = clock()
        while not (claimed := await engine.claim(Queue.USAGES, 10, lease := ids.uuid7())):
            clock.advance(timedelta(milliseconds=500))
            if clock() - start > timedelta(minutes=2):
                break
        waits.append((clock() - start).total_seconds())
        await engine.settle(Queue.USAGES, claimed, await receiver.carry([each.message for each in claimed]), lease)

    assert waits[0] == 0
    assert 4 <= waits[1] <= 6.5
    assert 20 <= waits[2] <= 30.5
    [dead] = await Operations(database).dead()
    assert (dead.reason, dead.attempts) == ("SAID_SO", 3)


async def test_a_refused_message_is_dead_at_once(database, engine, receiver):
    receiver.refusing = {"poison"}
    await queue(database, "poison")

    await drain_usages(engine, receiver)

    [dead] = await Operations(database).dead(Queue.USAGES)
    assert (dead.reason, dead.attempts) == ("SAID_SO", 1)
    assert await drain_usages(engine, receiver) == (0, 0)


async def test_a_dead_letter_can_be_given_a_new_life(database, engine, receiver):
    receiver.refusing = {"poison"}
    await queue(database, "poison")
    await drain_usages(engine, receiver)
    [dead] = await Operations(database).dead()

    receiver.refusing = set()
    async with database.begin() as uow:
        assert await Operations(database).redrive(uow, message_ids=[dead.id, ids.new_id("msg")]) == 1

    assert await drain_usages(engine, receiver) == (1, 0)
    assert await Operations(database).dead() == []


async def test_a_dead_letter_can_be_discarded(database, engine, receiver):
    receiver.refusing = {"poison"}
    await queue(database, "poison", "fine")
    await drain_usages(engine, receiver)
    [dead] = await Operations(database).dead()

    async with database.begin() as uow:
        assert await Operations(database).discard(uow, [dead.id]) == 1
    assert await Operations(database).depths() == []


async def test_of_two_workers_one_gets_a_message(database, engine):
    await queue(database, *[f"n{number}" for number in range(40)])

    async def take_all() -> list[UUID]:
        taken: list[UUID] = []
        while claimed := await engine.claim(Queue.USAGES, 10, ids.uuid7()):
            taken += [each.id for each in claimed]
        return taken

    taken = [each for worker in await asyncio.gather(*(take_all() for _ in range(6))) for each in worker]

    assert len(taken) == len(set(taken)) == 40


async def test_what_a_dead_worker_held_is_due_again_and_the_try_counts(database, engine, clock):
    await queue(database, "held")
    [first] = await engine.claim(Queue.USAGES, 10, ids.uuid7())
    assert await engine.claim(Queue.USAGES, 10, ids.uuid7()) == []

    clock.advance(timedelta(seconds=31))

    [second] = await engine.claim(Queue.USAGES, 10, ids.uuid7())
    assert (first.id, first.attempts, second.attempts) == (second.id, 1, 2)


async def test_a_message_that_kills_its_workers_is_buried(database, engine, clock, caplog):
    await queue(database, "killer")
    for _ in range(3):
        assert await engine.claim(Queue.USAGES, 10, ids.uuid7())
        clock.advance(timedelta(seconds=31))

    assert await engine.claim(Queue.USAGES, 10, ids.uuid7()) == []

    [dead] = await Operations(database).dead()
    assert dead.reason == "WORKER_DIED"
    assert [(record.levelname, record.count) for record in caplog.records if record.msg == "dead letters"] == [
        ("ERROR", 1)
    ]


async def test_a_worker_whose_lease_ran_out_settles_nothing(database, engine, receiver, clock):
    await queue(database, "slow")
    late = ids.uuid7()
    claimed = await engine.claim(Queue.USAGES, 10, late)
    clock.advance(timedelta(seconds=31))
    taken_over = await engine.claim(Queue.USAGES, 10, ids.uuid7())

    await engine.settle(Queue.USAGES, claimed, [Result(None, Outcome.DELIVERED)], late)

    assert len(taken_over) == 1
    [depth] = await Operations(database).depths()
    assert depth.pending == 1


async def test_messages_of_one_lane_are_carried_out_in_order_and_a_dead_one_holds_the_rest(database, engine, receiver):
    receiver.refusing = {"second"}
    await queue(database, "first", "second", "third", lane="car_1")
    await queue(database, "other", lane="car_2")

    await drain_usages(engine, receiver)

    assert [name for name in receiver.seen if name != "other"] == ["first", "second"]
    assert "other" in receiver.seen


async def test_a_paused_queue_stands_still_and_goes_on_where_it_was(database, engine, receiver):
    operations, operator = Operations(database), ids.new_id("user")
    async with database.begin() as uow:
        assert await operations.pause(uow, Queue.USAGES, operator)
    await queue(database, "waiting")

    assert await engine.claim(Queue.USAGES, 10, ids.uuid7()) == []
    [paused] = await operations.paused()
    assert (paused.queue, ids.encode("user", paused.paused_by_id)) == ("usages", operator)

    async with database.begin() as uow:
        assert not await operations.pause(uow, Queue.USAGES, ids.new_id("user"))
        assert await operations.resume(uow, Queue.USAGES)
    assert await drain_usages(engine, receiver) == (1, 0)


async def test_a_message_with_a_due_time_waits_for_it(database, engine, clock):
    await queue(database, "later", due_in=timedelta(hours=1))
    assert await engine.claim(Queue.USAGES, 10, ids.uuid7()) == []

    clock.advance(timedelta(hours=1, seconds=1))

    assert len(await engine.claim(Queue.USAGES, 10, ids.uuid7())) == 1


@pytest_asyncio.fixture
async def channel(receiver: Receiver) -> AsyncIterator[grpc.aio.Channel]:
    async def deliver(body: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        request = types_pb2.DeliveryBatch.FromString(body)
        receiver.request_ids.append(str(dict(context.invocation_metadata() or ())["x-request-id"]))
        results = await receiver.carry(request.messages)
        outcomes: dict[Outcome, Any] = {Outcome.DELIVERED: 1, Outcome.RETRY_LATER: 2, Outcome.REFUSED: 3}
        return types_pb2.DeliveryBatchResult(
            results=[types_pb2.DeliveryResult(message_id=r.message_id, outcome=outcomes[r.outcome]) for r in results]
        ).SerializeToString()

    server = grpc.aio.server()
    handlers: dict[str, Any] = {"Deliver": grpc.unary_unary_rpc_method_handler(deliver)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("tests.Deliveries", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as found:
        yield found
    await server.stop(None)


@pytest_asyncio.fixture
async def worker(database, engine, receiver, channel, clock, tmp_path: Path) -> AsyncIterator[Worker]:
    def keys() -> SigningKeys:
        return SigningKeys(json.dumps([{"pem": make_pem(), "status": "current"}]))

    tokens = Tokens(keys=keys(), issuer="i", service_keys=keys(), service_issuer="i", service_audience="a", clock=clock)
    made = Worker(
        engine=engine,
        carriers=[carrier_of(receiver, METHOD)],
        channel=channel,
        tokens=tokens,
    )
    working = asyncio.create_task(made.run())
    yield made
    made.stop()
    await asyncio.wait_for(working, 5)


async def eventually(condition, seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.01)


async def test_a_worker_carries_out_by_calling_the_rpc_and_is_woken_by_the_commit(database, worker, receiver, engine):
    await asyncio.sleep(0.2)
    names = [f"n{number}" for number in range(30)]

    await queue(database, *names)

    async def is_done() -> bool:
        return not await Operations(database).depths()

    await eventually(is_done, seconds=1.5)  # sooner than its own poll
    assert sorted(receiver.seen) == sorted(names)


async def test_a_worker_buries_what_is_refused_and_goes_on(database, worker, receiver, engine):
    receiver.refusing = {"poison"}

    await queue(database, "poison", "fine")

    async def is_done() -> bool:
        return [(each.pending, each.dead) for each in await Operations(database).depths()] == [(0, 1)]

    await eventually(is_done)
    assert "fine" in receiver.seen


async def test_a_message_on_its_own_goes_by_the_id_of_the_call_that_queued_it(database, worker, receiver, engine):
    await queue(database, "alone")

    async def is_done() -> bool:
        return not await Operations(database).depths()

    await eventually(is_done)
    assert receiver.request_ids == ["test"]
