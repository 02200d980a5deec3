"""A key that ends has ended on every server within a second, also where nobody hears of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import grpc
import pytest
import pytest_asyncio

from server import composition
from server.kernel import ids
from server.subdomains.identity.api_keys.domain.api_key import ApiKey
from server.subdomains.identity.api_keys.repository import KnownApiKeys
from tests.api_keys.keys import Keys, from_somewhere
from tests.harness import Running, refusal, running

_REMEMBERED_FOR = "server.kernel.access.remembered._LIFETIME_SECONDS"
_SECOND = 1.0


@pytest_asyncio.fixture
async def other(server: Running, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """Another server process on the same database. Neither forgets anything by itself."""
    monkeypatch.setattr(_REMEMBERED_FOR, 600)
    async with running(server.dsn, composition.compose) as found:
        yield found


async def last_accepted(use: Callable[[], Awaitable[object]], ended: float) -> float:
    """How long after its end a key was still good."""
    last = 0.0
    while time.monotonic() < ended + 3 * _SECOND:
        begun = time.monotonic()
        try:
            await use()
        except grpc.aio.AioRpcError:
            return last
        last = begun - ended
    return last


async def test_a_key_that_is_deleted_here_is_refused_there_within_a_second(keys, people, other):
    person = await people.person()
    made, elsewhere = await keys.create(person.metadata), Keys(other)
    await elsewhere.use(made.api_key)

    await keys.delete(person.metadata, made.key.id)

    assert await last_accepted(lambda: elsewhere.use(made.api_key, from_somewhere()), time.monotonic()) < _SECOND


async def test_a_key_that_is_revoked_here_is_refused_there_within_a_second(keys, people, other):
    person, operator = await people.person(), await keys.operator()
    made, elsewhere = await keys.create(person.metadata), Keys(other)
    await elsewhere.use(made.api_key)

    await keys.revoke(operator, made.key.id)

    assert await last_accepted(lambda: elsewhere.use(made.api_key, from_somewhere()), time.monotonic()) < _SECOND


async def test_a_suspension_is_known_there_too(keys, people, other):
    person = await people.person()
    made, elsewhere = await keys.create(person.metadata), Keys(other)
    await elsewhere.use(made.api_key)

    await people.suspend(person.user_id)

    assert await last_accepted(lambda: elsewhere.use(made.api_key, from_somewhere()), time.monotonic()) < _SECOND
    assert (await refusal(elsewhere.use(made.api_key, from_somewhere()))).reason == "ACCOUNT_SUSPENDED"


async def test_a_server_that_hears_nobody_remembers_no_key(keys, people, other):
    # given: its connection for notices is cut, and does not come back
    person = await people.person()
    made, elsewhere = await keys.create(person.metadata), Keys(other)
    await elsewhere.use(made.api_key)
    for task in other.database.signals._tasks:
        task.cancel()
    await asyncio.gather(*other.database.signals._tasks, return_exceptions=True)
    assert not other.database.signals.is_connected
    assert await elsewhere.use(made.api_key) == person.user_id

    # when
    await keys.delete(person.metadata, made.key.id)

    # then
    assert (await refusal(elsewhere.use(made.api_key, from_somewhere()))).reason == "API_KEY_INVALID"


async def test_without_a_notice_a_key_is_refused_within_a_second(keys, people, server):
    person = await people.person()
    made = await keys.create(person.metadata)
    await keys.use(made.api_key)

    ended = time.monotonic()
    sql = "UPDATE api_keys.api_key SET revoked_at = now() WHERE id = $1"
    await server.rows(sql, ids.decode("apikey", made.key.id))

    assert await last_accepted(lambda: keys.use(made.api_key, from_somewhere()), ended) < _SECOND


class Slow(KnownApiKeys):
    """Keys whose loads a test lets go on."""

    def __init__(self, database):
        super().__init__(database)
        self.has_read, self.may_end = asyncio.Event(), asyncio.Event()

    async def _load(self, key: str) -> ApiKey | None:
        found = await super()._load(key)
        self.has_read.set()
        await self.may_end.wait()
        return found


async def test_a_key_that_ended_while_it_was_loaded_is_not_remembered(keys, people, server, monkeypatch):
    # given: a look-up that has read the row and is not back yet; nobody knows whose key it is
    monkeypatch.setattr(_REMEMBERED_FOR, 600)
    person = await people.person()
    made = await keys.create(person.metadata)
    known = Slow(server.database)
    loading = asyncio.create_task(known.recall(made.key.id))
    await known.has_read.wait()

    # when
    await keys.delete(person.metadata, made.key.id)
    known.may_end.set()
    await loading

    # then
    assert await known.recall(made.key.id) is None
