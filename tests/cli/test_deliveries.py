"""`tenantry deliveries`: an operator looks at dead letters and decides about them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest_asyncio

from server.kernel import ids
from server.kernel.migrate import KERNEL
from tests.cli.commands import tenantry
from tests.harness import fresh_database

_QUEUE = """
    INSERT INTO kernel.delivery (id, queue, message, queued_at, due_at, attempts, dead_at, reason, description)
    VALUES ($1, $2, '{"Secret": "hush"}', $3, $3, 5, $4, 'EMAIL_GATEWAY_FAILED', 'nobody answers')
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


async def test_a_redriven_letter_waits_again_with_new_attempts(dsn):
    dead = await queue(dsn, "emails", dead=True)

    _, said = await deliveries(dsn, "redrive", dead)

    assert said == "1 redriven\n"
    _, listed = await deliveries(dsn, "list")
    assert dead not in listed
    _, depths = await deliveries(dsn, "depths")
    assert depths.splitlines()[1].split()[:3] == ["emails", "1", "0"]


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
    assert depths.splitlines()[1].split()[:3] == ["emails", "1", "0"]


async def test_what_is_no_message_id_is_refused_in_words(dsn):
    code, said = await deliveries(dsn, "redrive", "car_01jd8mvwz4f4")

    assert code == 2
    assert "is not the id of a message" in said
    assert "Traceback" not in said
