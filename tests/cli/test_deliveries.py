"""`tenantry deliveries`: an operator looks at dead letters and decides about them."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest_asyncio

from server.kernel import ids
from server.kernel.access.caller import MAINTENANCE
from server.kernel.deliveries.messages import Queue
from server.kernel.migrate import KERNEL
from tests.cli.commands import tenantry
from tests.harness import fresh_database

_QUEUE = """
    INSERT INTO kernel.delivery (id, queue, message, queued_at, due_at, attempts, dead_at, reason, description)
    VALUES ($1, $2, '{"Secret": "hush", "CallId": "call-of-a-test"}', $3, $3, 5, $4, 'EMAIL_GATEWAY_FAILED',
        'nobody answers')
"""
_PUBLISH = """
    INSERT INTO kernel.event
        (id, aggregate_type, aggregate_id, aggregate_prefix, version, name, occurred_at, data, call_id, caller_id)
    SELECT gen_random_uuid(), 'Thing', $1, 'thing', version, 'things.thing_happened.v1', now(), '{"what": "hush"}',
        'call-of-an-event', $2
    FROM generate_series(1, 2) AS version
    RETURNING id
"""
_SUBSCRIBE = """
    INSERT INTO kernel.delivery
        (id, queue, lane, position, subscription, event_id, queued_at, due_at, attempts, dead_at, reason)
    VALUES ($1, 'domain_events', 'tenantry-x/Thing/1', $2, 'tenantry-x', $3, now(), now(), 5, $4, 'CONSUMER_FAILED')
"""


@pytest_asyncio.fixture(scope="module")
async def database(postgres: str, database_name: str) -> AsyncIterator[str]:
    async with fresh_database(postgres, f"{database_name}_cli", [KERNEL]) as found:
        yield found


@pytest_asyncio.fixture
async def dsn(database: str) -> str:
    """A database without queued work."""
    connection = await asyncpg.connect(database)
    await connection.execute("DELETE FROM kernel.delivery")
    await connection.close()
    return database


async def queue(dsn: str, name: str, *, dead: bool) -> str:
    key, now = ids.uuid7(), datetime.now(UTC)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_QUEUE, key, name, now, now if dead else None)
    finally:
        await connection.close()
    return ids.encode("msg", key)


async def queue_events(dsn: str) -> tuple[str, str, str]:
    """A thing whose first event is dead and whose second one waits: the thing, and both messages."""
    thing, keys = ids.uuid7(), [ids.uuid7(), ids.uuid7()]
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(_PUBLISH, thing, ids.decode("user", MAINTENANCE))
        for number, row in enumerate(rows):
            dead_at = datetime.now(UTC) if number == 0 else None
            await connection.execute(_SUBSCRIBE, keys[number], number + 1, row["id"], dead_at)
    finally:
        await connection.close()
    dead, waiting = (ids.encode("msg", key) for key in keys)
    return ids.encode("thing", thing), dead, waiting


async def deliveries(dsn: str, *words: str) -> tuple[int, str]:
    return await tenantry(dsn, "deliveries", *words)


async def test_dead_letters_are_listed_with_their_reason_and_without_their_content(dsn):
    # given
    dead = await queue(dsn, "emails", dead=True)
    waiting = await queue(dsn, "emails", dead=False)

    # when
    _, said = await deliveries(dsn, "list", "--queue", "emails")

    # then
    assert dead in said
    assert "EMAIL_GATEWAY_FAILED" in said
    assert waiting not in said
    assert "hush" not in said


async def test_depths_count_what_waits_and_what_is_dead(dsn):
    await queue(dsn, "audits", dead=True)
    await queue(dsn, "audits", dead=False)
    await queue(dsn, "audits", dead=False)

    _, said = await deliveries(dsn, "depths")

    assert said.splitlines()[1].split()[:3] == ["audits", "2", "1"]


async def test_a_dead_letter_is_inspected_without_its_content(dsn):
    thing, dead, waiting = await queue_events(dsn)
    mail = await queue(dsn, "emails", dead=True)

    _, said = await deliveries(dsn, "inspect", dead)

    told = dict(line.split(maxsplit=1) for line in said.splitlines())
    assert told["queue"] == "domain_events"
    assert told["reason"] == "CONSUMER_FAILED"
    assert told["subscription"] == "tenantry-x"
    assert told["stream"] == f"Thing_{thing}"
    assert (told["event_name"], told["version"]) == ("things.thing_happened.v1", "1")
    assert (told["caller_id"], told["call_id"]) == (MAINTENANCE, "call-of-an-event")
    assert told["holds"] == f"1 {waiting}"
    _, of_mail = await deliveries(dsn, "inspect", mail)
    assert "call-of-a-test" in of_mail
    assert "hush" not in said + of_mail


async def test_what_is_no_dead_letter_is_not_inspected(dsn):
    waiting = await queue(dsn, "emails", dead=False)

    assert await deliveries(dsn, "inspect", waiting) == (1, f"{waiting} is not a dead letter\n")


async def test_queues_say_how_they_stand_and_which_are_paused(dsn):
    await queue(dsn, "sms", dead=False)
    await deliveries(dsn, "pause", "emails")

    _, said = await deliveries(dsn, "queues")

    lines = {line.split()[0]: line.split() for line in said.splitlines()}
    assert lines["sms"][1:5] == ["1", "1", "0", "0"]
    assert lines["emails"][-1] == MAINTENANCE
    assert set(lines) == {"queue", *Queue}
    assert await deliveries(dsn, "pause", "emails") == (0, "emails was paused already\n")
    assert await deliveries(dsn, "resume", "emails") == (0, "emails goes on\n")
    assert await deliveries(dsn, "resume", "emails") == (0, "emails was not paused\n")


async def test_what_operators_change_is_audited(dsn):
    one, other = [await queue(dsn, "emails", dead=True) for _ in range(2)]

    await deliveries(dsn, "redrive", one)
    await deliveries(dsn, "discard", other)

    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT message FROM kernel.delivery WHERE queue = 'audits' ORDER BY id")
    await connection.close()
    audits = [json.loads(row["message"]) for row in rows]
    assert [(audit["AgainstId"], audit["CallerId"]) for audit in audits] == [(MAINTENANCE, MAINTENANCE)] * 2
    told = [(audit["AuditCode"], audit["Arguments"]) for audit in audits]
    assert told == [
        ("Queue.DeadLettersRedriven", [MAINTENANCE, "emails", "1"]),
        ("Queue.DeadLettersDiscarded", [MAINTENANCE, other]),
    ]


async def test_a_redriven_letter_waits_again_with_new_attempts(dsn):
    dead = await queue(dsn, "emails", dead=True)

    _, said = await deliveries(dsn, "redrive", dead)

    assert said == "1 redriven\n"
    _, listed = await deliveries(dsn, "list")
    assert dead not in listed
    _, depths = await deliveries(dsn, "depths")
    assert ["emails", "1", "0"] in [line.split()[:3] for line in depths.splitlines()]


async def test_a_whole_queue_is_redriven_and_no_other(dsn):
    await queue(dsn, "emails", dead=True)
    await queue(dsn, "emails", dead=True)
    other = await queue(dsn, "audits", dead=True)

    _, said = await deliveries(dsn, "redrive", "--queue", "emails")

    assert said == "2 redriven\n"
    _, listed = await deliveries(dsn, "list")
    assert other in listed


async def test_a_discarded_letter_is_gone_and_one_that_waits_is_not_discarded(dsn):
    dead = await queue(dsn, "emails", dead=True)
    waiting = await queue(dsn, "emails", dead=False)

    _, said = await deliveries(dsn, "discard", dead, waiting)

    assert said == "1 discarded\n"
    _, depths = await deliveries(dsn, "depths")
    assert ["emails", "1", "0"] in [line.split()[:3] for line in depths.splitlines()]


async def test_what_is_no_message_id_is_refused_in_words(dsn):
    code, said = await deliveries(dsn, "redrive", "car_01jd8mvwz4f4")

    assert code == 2
    assert "is not the id of a message" in said
    assert "Traceback" not in said
