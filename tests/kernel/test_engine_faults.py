"""Queues that are long, workers that die, and settings that change."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import ClauseElement

from server.kernel import ids
from server.kernel.database import Database
from server.kernel.deliveries import engine as engines
from server.kernel.deliveries.dispatches import DISPATCH, TAKE
from server.kernel.deliveries.engine import EngineSettings
from server.kernel.deliveries.engines import QueueEngine
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.deliveries.operations import Operations
from server.kernel.deliveries.outcomes import Outcome, Result
from tests.harness import SettableClock
from tests.kernel.engines import ENGINES, made_engine
from tests.kernel.faults import fault_database, outside
from tests.nats_server import NatsServer

MakeEngine = Callable[[EngineSettings], QueueEngine]

_FILL = """
INSERT INTO kernel.delivery (id, queue, message, queued_at, due_at, leased_until, leased_by, attempts)
SELECT gen_random_uuid(), $1, '{}', now() - n * interval '1 ms', now() - n * interval '1 ms' + $3::interval, $4, $5, $6
FROM generate_series(1, $2::int) n
"""


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest_asyncio.fixture
async def database(postgres: str, database_name: str, clock: SettableClock) -> AsyncIterator[Database]:
    async with fault_database(postgres, f"{database_name}_engine_faults", pool_size=3, clock=clock) as found:
        yield found


@pytest_asyncio.fixture(params=ENGINES)
async def make_engine(
    database: Database, nats: NatsServer, request: pytest.FixtureRequest
) -> AsyncIterator[MakeEngine]:
    made: list[QueueEngine] = []

    def make(settings: EngineSettings) -> QueueEngine:
        made.append(made_engine(request.param, database, nats, settings))
        return made[-1]

    yield make
    for engine in made:
        await engine.close()


async def _fill(database: Database, queue: Queue, count: int, *, due_in: timedelta = timedelta(), **row: Any) -> None:
    async with outside(database) as connection:
        await connection.execute(
            _FILL, queue.value, count, due_in, row.get("leased_until"), row.get("leased_by"), row.get("attempts", 0)
        )


async def _plan_of(database: Database, element: ClauseElement, parameters: dict[str, Any]) -> dict[str, Any]:
    """The plan of a statement as it ran; what it did is undone."""
    statement = database.statements.of(element)
    async with outside(database) as connection:
        await connection.execute("BEGIN; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off")
        plan = await connection.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.sql}", *statement.arguments(parameters)
        )
        await connection.execute("ROLLBACK")
    found: dict[str, Any] = json.loads(plan)[0]["Plan"]
    return found


def _touched(node: dict[str, Any]) -> int:
    own = node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)
    return int(own * node.get("Actual Loops", 1)) + sum(_touched(child) for child in node.get("Plans", []))


@pytest.mark.parametrize("is_analyzed", [True, False])
@pytest.mark.parametrize("statement", [engines._CLAIM_DUE, DISPATCH, TAKE], ids=["claim", "dispatch", "take"])
async def test_a_claim_costs_the_same_however_long_the_queues_are(database, clock, is_analyzed, statement):
    await _fill(database, Queue.EMAILS, 30_000)
    await _fill(database, Queue.EMAILS, 20_000, due_in=timedelta(days=1))
    await _fill(database, Queue.AUDITS, 30_000)
    async with outside(database) as connection:
        found = await connection.fetch("SELECT id FROM kernel.delivery WHERE queue = 'emails' LIMIT 10")
        if is_analyzed:
            await connection.execute("ANALYZE kernel.delivery")
    parameters = {
        "queue": "emails",
        "now": clock(),
        "until": clock() + timedelta(seconds=30),
        "latest": clock() + timedelta(seconds=60),
        "lease": ids.uuid7(),
        "size": 10,
        "most_attempts": 5,
        **engines._Place(clock()).parameters(),
        "ids": [row["id"] for row in found],
    }

    plan = await _plan_of(database, statement, parameters)

    assert _touched(plan) < 200, json.dumps(plan)[:2_000]


async def test_the_oldest_due_messages_go_first(database, make_engine, clock):
    engine = make_engine(EngineSettings())
    async with database.begin() as uow:
        uow.deliver(Message(Queue.EMAILS, {"Number": 2}, due_at=clock() - timedelta(minutes=1)))
        uow.deliver(Message(Queue.EMAILS, {"Number": 1}, due_at=clock() - timedelta(minutes=2)))

    claimed = await engine.claim(Queue.EMAILS, 1, ids.uuid7())

    assert json.loads(claimed[0].message)["Number"] == 1


async def test_the_fiftieth_attempt_waits_no_longer_than_the_longest(database, make_engine, clock):
    await _fill(database, Queue.EMAILS, 1, attempts=48)
    engine = make_engine(EngineSettings(most_attempts=50))
    lease = ids.uuid7()

    claimed = await engine.claim(Queue.EMAILS, 1, lease)
    await engine.settle(Queue.EMAILS, claimed, [Result(None, Outcome.RETRY_LATER, "AWAY")], lease)

    async with outside(database) as connection:
        wait = await connection.fetchval("SELECT due_at - now() FROM kernel.delivery")
    assert timedelta(minutes=45) < wait <= timedelta(minutes=72)


async def test_messages_that_were_tried_often_enough_before_the_limit_was_lowered_are_buried(
    database, make_engine, clock
):
    async with database.begin() as uow:
        uow.deliver(Message(Queue.EMAILS, {}))
    patient = make_engine(EngineSettings(most_attempts=10))
    for _ in range(4):
        lease = ids.uuid7()
        clock.advance(timedelta(hours=2))
        claimed = await patient.claim(Queue.EMAILS, 1, lease)
        await patient.settle(Queue.EMAILS, claimed, [Result(None, Outcome.RETRY_LATER)], lease)
    clock.advance(timedelta(hours=2))

    impatient = make_engine(EngineSettings(most_attempts=3))
    assert await impatient.claim(Queue.EMAILS, 1, ids.uuid7()) == []

    assert len(await Operations(database).dead(Queue.EMAILS)) == 1


async def test_a_message_that_kills_its_workers_is_buried_though_the_queue_is_never_empty(
    database, make_engine, clock, monkeypatch
):
    monkeypatch.setattr(engines, "_BURY_SECONDS", 0.0)
    engine = make_engine(EngineSettings(most_attempts=1))
    async with database.begin() as uow:
        uow.deliver(Message(Queue.EMAILS, {"Name": "killer"}))
    assert len(await engine.claim(Queue.EMAILS, 1, ids.uuid7())) == 1
    clock.advance(timedelta(seconds=31))
    async with database.begin() as uow:
        for _ in range(3):
            uow.deliver(Message(Queue.EMAILS, {}))

    assert len(await engine.claim(Queue.EMAILS, 1, ids.uuid7())) == 1

    [dead] = await Operations(database).dead(Queue.EMAILS)
    assert dead.reason == "WORKER_DIED"


async def test_whoever_lost_the_lease_settles_nothing(database, make_engine, clock):
    engine = make_engine(EngineSettings())
    async with database.begin() as uow:
        uow.deliver(Message(Queue.EMAILS, {}))
    slow = ids.uuid7()
    claimed = await engine.claim(Queue.EMAILS, 1, slow)
    clock.advance(timedelta(seconds=31))
    again = await engine.claim(Queue.EMAILS, 1, ids.uuid7())
    assert [each.id for each in again] == [each.id for each in claimed]

    await engine.settle(Queue.EMAILS, claimed, [Result(None, Outcome.REFUSED)], slow)

    assert await Operations(database).dead(Queue.EMAILS) == []


async def test_what_a_gateway_says_about_a_failure_can_be_stored_whatever_it_is(database, make_engine, clock):
    engine = make_engine(EngineSettings())
    async with database.begin() as uow:
        uow.deliver(Message(Queue.EMAILS, {}))
    lease = ids.uuid7()
    claimed = await engine.claim(Queue.EMAILS, 1, lease)

    said = "nul \x00, half \ud800, long " + "x" * 100_000
    await engine.settle(Queue.EMAILS, claimed, [Result(None, Outcome.REFUSED, "ODD", said)], lease)

    [dead] = await Operations(database).dead(Queue.EMAILS)
    assert dead.description.startswith("nul")
    assert len(dead.description) <= 1_000
