"""Deliveries over NATS: what PostgreSQL remembers is handed out once, whatever becomes of the notices."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import nats as nats_client
import pytest
import pytest_asyncio

from server.kernel import ids
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.database import Database
from server.kernel.deliveries.dispatches import IN_NATS
from server.kernel.deliveries.drain import drain
from server.kernel.deliveries.engine import Claimed, EngineSettings
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.deliveries.nats_engine import NatsEngine
from server.kernel.deliveries.operations import Operations
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.deliveries.settings import NatsSettings
from server.kernel.subdomain import Carrier
from tests.emails.mail_server import make_certificate
from tests.harness import SettableClock
from tests.kernel.faults import eventually, fault_database, outside
from tests.nats_server import NatsServer, running_nats

SETTINGS = EngineSettings(lease=timedelta(seconds=30), backoff_base=timedelta(seconds=1), backoff_factor=1)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest_asyncio.fixture
async def database(postgres: str, database_name: str, clock: SettableClock) -> AsyncIterator[Database]:
    async with fault_database(postgres, f"{database_name}_nats", pool_size=4, clock=clock) as found:
        set_current_call(service_call("test"))
        yield found


@pytest_asyncio.fixture
async def engine(database: Database, own_nats: NatsServer) -> AsyncIterator[NatsEngine]:
    found = NatsEngine(database, SETTINGS, NatsSettings((own_nats.url,)))
    yield found
    await found.close()


async def _queue(database: Database, *names: str) -> None:
    async with database.begin() as uow:
        for name in names:
            uow.deliver(Message(Queue.USAGES, {"Name": name}))


def _names(claimed: Sequence[Claimed]) -> list[str]:
    return [json.loads(each.message)["Name"] for each in claimed]


async def _claim(engine: NatsEngine, size: int = 10) -> list[str]:
    return _names(await engine.claim(Queue.USAGES, size, ids.uuid7()))


async def _eventually_claims(engine: NatsEngine, count: int) -> list[str]:
    found: list[str] = []

    async def has_all() -> bool:
        found.extend(await _claim(engine))
        return len(found) >= count

    await eventually(has_all, seconds=8)
    return sorted(found)


async def _in_nats(database: Database) -> int:
    async with outside(database) as connection:
        return int(await connection.fetchval("SELECT count(*) FROM kernel.delivery WHERE leased_by = $1", IN_NATS))


async def test_a_backlog_waits_in_the_database(database, engine):
    await _queue(database, *[f"n{number:02}" for number in range(40)])

    assert await _claim(engine, size=2) == ["n00", "n01"]

    assert await _in_nats(database) == 18


async def test_what_lies_in_nats_is_handed_out_at_once_after_nats_is_emptied(database, engine, own_nats):
    await _queue(database, "a", "b", "c")
    assert await _claim(engine, size=1) == ["a"]
    assert await _in_nats(database) == 2

    own_nats.kill()
    own_nats.forget()
    own_nats.start()

    assert await _eventually_claims(engine, 2) == ["b", "c"]  # and no lease had to run out


async def test_what_lies_in_nats_is_handed_out_after_nats_was_killed(database, engine, own_nats):
    await _queue(database, "a", "b", "c")
    assert await _claim(engine, size=1) == ["a"]

    own_nats.kill()
    own_nats.start()

    assert await _eventually_claims(engine, 2) == ["b", "c"]


async def test_a_stream_that_somebody_removed_is_made_again(database, engine, own_nats):
    await _queue(database, "a", "b", "c")
    assert await _claim(engine, size=1) == ["a"]
    client = await nats_client.connect(own_nats.url)
    await client.jetstream().delete_stream("TENANTRY_USAGES")
    await client.close()

    assert await _eventually_claims(engine, 2) == ["b", "c"]


async def test_while_nats_is_away_nothing_is_tried_and_the_log_says_so_once(database, engine, own_nats, caplog):
    caplog.set_level(logging.INFO)
    own_nats.kill()
    await _queue(database, "a")

    for _ in range(4):
        assert await _claim(engine) == []
        await asyncio.sleep(0.4)

    assert await _in_nats(database) == 0
    own_nats.start()
    assert await _eventually_claims(engine, 1) == ["a"]
    assert [record.msg for record in caplog.records if "NATS" in record.msg] == [
        "NATS is away; what is queued waits",
        "NATS is back",
    ]
    async with outside(database) as connection:
        assert await connection.fetchval("SELECT attempts FROM kernel.delivery") == 1


async def test_a_nats_that_answers_nothing_holds_nobody_up(database, engine, own_nats):
    await _queue(database, "a")
    assert await _claim(engine) == ["a"]
    await _queue(database, "b")
    own_nats.freeze()

    async with asyncio.timeout(6):
        assert await _claim(engine) == []

    own_nats.thaw()
    assert await _eventually_claims(engine, 1) == ["b"]


async def test_a_try_right_after_another_is_not_taken_for_a_repeat(database, engine, clock):
    await _queue(database, "again")

    for _ in range(3):
        lease = ids.uuid7()
        claimed = await engine.claim(Queue.USAGES, 10, lease)
        assert _names(claimed) == ["again"]
        await engine.settle(Queue.USAGES, claimed, [Result(None, Outcome.RETRY_LATER, "AWAY")], lease)
        clock.advance(timedelta(seconds=2))


async def test_a_dead_letter_that_is_redriven_at_once_is_not_taken_for_a_repeat(database, engine):
    await _queue(database, "refused")
    lease = ids.uuid7()
    claimed = await engine.claim(Queue.USAGES, 10, lease)
    await engine.settle(Queue.USAGES, claimed, [Result(None, Outcome.REFUSED)], lease)

    async with database.begin() as uow:
        assert await Operations(database).redrive(uow, queue=Queue.USAGES) == 1

    assert await _claim(engine) == ["refused"]


async def test_a_notice_that_nats_says_twice_has_no_second_effect(database, engine, own_nats):
    await _queue(database, "once")
    [claimed] = await engine.claim(Queue.USAGES, 10, ids.uuid7())
    client = await nats_client.connect(own_nats.url)
    for _ in range(3):
        await client.jetstream().publish("tenantry.deliveries.usages", ids.encode("msg", claimed.id).encode())
    await client.close()

    assert await _claim(engine) == []

    async with outside(database) as connection:
        assert await connection.fetchval("SELECT attempts FROM kernel.delivery") == 1


async def test_what_is_no_notice_is_thrown_away(database, engine, own_nats):
    await _queue(database, "mine")
    assert await _claim(engine) == ["mine"]
    client = await nats_client.connect(own_nats.url)
    jetstream = client.jetstream()
    await jetstream.publish("tenantry.deliveries.usages", b"\xff not of ours")
    await _queue(database, "next")

    assert await _claim(engine) == ["next"]

    async with asyncio.timeout(5):  # nobody waits for NATS to hear that a notice has done its work
        while (await jetstream.stream_info("TENANTRY_USAGES")).state.messages:
            await asyncio.sleep(0.02)
    await client.close()


async def test_a_notice_whose_worker_died_before_it_took_the_message_is_sent_again(database, engine, clock):
    await _queue(database, "a", "b")
    assert await _claim(engine, size=1) == ["a"]
    assert len(await engine._stream.fetch(Queue.USAGES, 10)) == 1  # and there it dies
    assert await _claim(engine) == []

    clock.advance(timedelta(seconds=31))

    assert sorted(await _claim(engine)) == ["a", "b"]


async def test_a_worker_that_died_between_taking_and_acknowledging_loses_nothing(database, engine, clock):
    await _queue(database, "a", "b")
    assert await _claim(engine, size=1) == ["a"]
    notices = await engine._stream.fetch(Queue.USAGES, 10)
    assert await _claim(engine) == []

    await engine._stream.acknowledge(notices)

    clock.advance(timedelta(seconds=31))
    assert sorted(await _claim(engine)) == ["a", "b"]


async def test_a_drain_takes_over_what_lies_in_nats_without_waiting(database, engine):
    await _queue(database, *[f"n{number}" for number in range(8)])
    lease = ids.uuid7()
    claimed = await engine.claim(Queue.USAGES, 1, lease)
    await engine.settle(Queue.USAGES, claimed, [Result(None, Outcome.DELIVERED)], lease)
    assert await _in_nats(database) == 7

    async def carry(messages: Sequence[str]) -> list[Result]:
        return [Result(json.loads(text)["MessageId"], Outcome.DELIVERED) for text in messages]

    async with asyncio.timeout(3):
        assert await drain(engine, {Queue.USAGES: Carrier(Queue.USAGES, "", carry)}, Queue.USAGES) == (7, 0)

    assert await _claim(engine) == []


async def test_a_queue_that_is_paused_stands_still_though_its_messages_lie_in_nats(database, engine):
    operations = Operations(database)
    await _queue(database, "a", "b", "c")
    assert await _claim(engine, size=1) == ["a"]
    async with database.begin() as uow:
        await operations.pause(uow, Queue.USAGES, ids.new_id("user"))

    assert await _claim(engine) == []

    async with database.begin() as uow:
        await operations.resume(uow, Queue.USAGES)
    assert sorted(await _claim(engine)) == ["b", "c"]


_SUBSCRIBE = "INSERT INTO kernel.subscription (name, created_at) VALUES ('letters', now())"
_HAPPENED = """
WITH happened AS (
    INSERT INTO kernel.event (id, aggregate_type, aggregate_prefix, aggregate_id, version, name, occurred_at, data,
        call_id, caller_id)
    SELECT gen_random_uuid(), 'Thing', 'thing', gen_random_uuid(), 1, 'things.thing_made.v1', now(), '{"Size": 3}',
        'call', gen_random_uuid()
    FROM generate_series(1, 2)
    RETURNING id, aggregate_id
)
INSERT INTO kernel.delivery (id, queue, lane, position, subscription, event_id, queued_at, due_at)
SELECT gen_random_uuid(), 'domain_events', aggregate_id::text, 1, 'letters', id, now(), now() FROM happened
"""


async def test_an_event_is_read_from_the_log_and_stays_when_its_subscription_is_held_meanwhile(database, engine):
    async with outside(database) as connection:
        await connection.execute(_SUBSCRIBE)
        await connection.execute(_HAPPENED)
        [claimed] = await engine.claim(Queue.DOMAIN_EVENTS, 1, ids.uuid7())
        assert claimed.subscription == "letters"
        assert json.loads(claimed.message)["Event"]["EventType"] == "ThingMade"

        await connection.execute("UPDATE kernel.subscription SET is_held = true")
        assert await engine.claim(Queue.DOMAIN_EVENTS, 10, ids.uuid7()) == []

        await connection.execute("UPDATE kernel.subscription SET is_held = false")
        assert len(await engine.claim(Queue.DOMAIN_EVENTS, 10, ids.uuid7())) == 1


async def test_other_workers_are_woken_when_notices_are_sent(database, engine, own_nats):
    woken: list[str] = []
    other = NatsEngine(database, SETTINGS, NatsSettings((own_nats.url,)))
    other.wake_by(woken.append)
    assert await _claim(other) == []
    await _queue(database, "a", "b")
    woken.clear()  # what it was told of the queueing

    assert len(await _claim(engine, size=1)) == 1

    async def is_woken() -> bool:
        return "usages" in woken

    await eventually(is_woken, seconds=1)
    assert len(await _claim(other)) == 1
    await other.close()


async def test_installations_that_share_a_nats_do_not_take_each_others_notices(
    database, engine, own_nats, postgres, database_name
):
    async with fault_database(postgres, f"{database_name}_nats_neighbour", pool_size=2) as neighbours:
        neighbour = NatsEngine(neighbours, SETTINGS, NatsSettings((own_nats.url,), prefix="neighbour"))
        await _queue(database, "a", "b")
        assert await _claim(engine, size=1) == ["a"]

        assert await _claim(neighbour) == []

        assert await _claim(engine) == ["b"]
        await neighbour.close()


async def test_no_content_is_handed_to_nats(database, engine, own_nats):
    await _queue(database, "first", "the-one-time-link")
    assert await _claim(engine, size=1) == ["first"]

    own_nats.kill()
    stored = b"".join(path.read_bytes() for path in own_nats.folder.rglob("*") if path.is_file())
    assert b"TENANTRY_USAGES" in stored
    assert b"msg_" in stored
    assert b"the-one-time-link" not in stored


async def test_nats_may_want_a_password_and_be_verified(database, tmp_path):
    pem = make_certificate(tmp_path)
    secured = ("--user", "ada", "--pass", "sesame", "--tls", "--tlscert", str(pem), "--tlskey", str(pem))
    await _queue(database, "a")

    with running_nats(tmp_path / "safe", *secured) as safe:

        async def claims_by(user: str, ca_file: Path | None) -> list[str]:
            url = f"tls://{user}@localhost:{safe.port}"
            engine = NatsEngine(database, SETTINGS, NatsSettings((url,), ca_file=ca_file))
            try:
                return await _claim(engine)
            finally:
                await engine.close()

        assert await claims_by("ada:wrong", pem) == []
        assert await claims_by("ada:sesame", None) == []
        assert await claims_by("ada:sesame", pem) == ["a"]


async def test_whoever_takes_the_place_of_a_nats_with_tls_is_told_no_password(database):
    heard = bytearray()

    async def pretend(reader, writer):
        writer.write(b'INFO {"server_id":"x","version":"2.11.0","max_payload":1048576,"tls_required":false}\r\n')
        heard.extend(await reader.read())
        writer.close()

    pretender = await asyncio.start_server(pretend, "127.0.0.1", 0)
    port = pretender.sockets[0].getsockname()[1]
    engine = NatsEngine(database, SETTINGS, NatsSettings((f"tls://ada:sesame@127.0.0.1:{port}",)))
    try:
        assert await _claim(engine) == []
    finally:
        await engine.close()
        pretender.close()

    assert b"sesame" not in heard
    assert heard == b""
