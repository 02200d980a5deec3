"""What a call with an API key costs: no more than one with an access token."""

import pytest
import pytest_asyncio
from sqlalchemy import select

from server import composition
from tests.api_keys.keys import Keys, from_somewhere, new_key, shown, with_checksum
from tests.harness import Running, refusal, running
from tests.wire import counting

_REMEMBERED_FOR = "server.kernel.access.remembered._LIFETIME_SECONDS"


@pytest_asyncio.fixture
async def counted(server: Running, monkeypatch: pytest.MonkeyPatch):
    """A server whose round trips to the database are counted, and which forgets nothing by itself."""
    monkeypatch.setattr(_REMEMBERED_FOR, 600)
    async with counting(server.dsn) as wire, running(wire.dsn, composition.compose, pool_size=1) as found:
        yield found, wire


async def settle(server: Running) -> None:
    """Wait until the workers have been told of what was queued: over the one connection, before anything else."""
    await server.database.signals._flush()
    await server.database.reader.fetch_one(select(1), {})


async def test_a_call_with_a_key_costs_what_one_with_a_token_does(people, counted):
    # given
    server, wire = counted
    elsewhere, person = Keys(server), await people.person()
    made = await elsewhere.create(person.metadata)
    costs = []

    # when
    for metadata in (person.metadata, shown(made.api_key)):
        await elsewhere.listed(metadata)
        await settle(server)
        before = wire.round_trips
        for _ in range(20):
            await elsewhere.listed(metadata)
        costs.append(wire.round_trips - before)

    # then: the read of the list
    assert costs == [20, 20]


async def test_a_malformed_key_is_refused_without_a_look_up(keys, counted):
    # given
    server, wire = counted
    elsewhere, somewhere = Keys(server), from_somewhere()
    good = (await keys.machine()).api_key
    malformed = ["nonsense", "x" * 85, good[:-1] + ("a" if good[-1] != "a" else "b"), good.upper(), good + "0"]
    await refusal(elsewhere.use(malformed[0], somewhere))  # the audit of this minute
    await settle(server)
    before = wire.round_trips

    # when
    for text in malformed:
        assert (await refusal(elsewhere.use(text, somewhere))).reason == "API_KEY_INVALID"

    # then
    assert wire.round_trips == before


async def test_an_unknown_key_costs_what_a_wrong_secret_does(keys, counted, monkeypatch):
    # given: nothing is remembered, and both have been audited in this minute
    server, wire = counted
    elsewhere, somewhere = Keys(server), from_somewhere()
    monkeypatch.setattr(_REMEMBERED_FOR, 0)
    known = (await keys.machine()).api_key
    wrong_secret = with_checksum(known[:36] + "0" * 43)
    costs = []

    # when
    for text in (new_key(), wrong_secret):
        await refusal(elsewhere.use(text, somewhere))
        await settle(server)
        before = wire.round_trips
        for _ in range(10):
            assert (await refusal(elsewhere.use(text, somewhere))).reason == "API_KEY_INVALID"
        costs.append(wire.round_trips - before)

    # then
    assert costs == [10, 10]
