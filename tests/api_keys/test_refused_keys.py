"""What is told and what is audited when an API key is refused."""

import json
from collections.abc import AsyncIterator

import grpc
import pytest_asyncio

from server import composition
from server.kernel import ids
from server.kernel.access.caller import ANONYMOUS
from server.kernel.access.principals import CHANNEL
from tests.api_keys.keys import from_somewhere, new_key, with_checksum
from tests.harness import Running, refusal, running

_INVALID = "APIKeyAuthentication.Failed.InvalidAPIKey"
_SUSPENDED = "Authentication.APIKey.Failed.AccountSuspended"


@pytest_asyncio.fixture
async def server(server: Running) -> AsyncIterator[Running]:
    """A process that has refused nothing yet: past fifty places in a minute it would not say whose key it was."""
    async with running(server.dsn, composition.compose) as found:
        yield found


async def test_a_suspended_owner_is_told_so_only_when_the_secret_is_right(keys, people):
    # given
    person = await people.person()
    made = await keys.create(person.metadata)
    await keys.use(made.api_key)
    await people.suspend(person.user_id)
    wrong = with_checksum(made.api_key[:36] + "0" * 43)

    # when
    right = await refusal(keys.use(made.api_key, from_somewhere()))
    guessed = await refusal(keys.use(wrong, from_somewhere()))

    # then
    assert (right.code, right.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_SUSPENDED")
    assert (guessed.code, guessed.reason) == (grpc.StatusCode.UNAUTHENTICATED, "API_KEY_INVALID")
    assert len(await keys.audits(_SUSPENDED, person.user_id)) == 1
    assert [audit["Arguments"][1] for audit in await keys.audits(_INVALID, person.user_id)] == ["ACCOUNT_SUSPENDED"]


async def test_a_key_is_good_again_when_its_owner_is_reinstated(keys, people, server):
    person = await people.person()
    made = await keys.create(person.metadata)
    await people.suspend(person.user_id)
    assert (await refusal(keys.use(made.api_key, from_somewhere()))).reason == "ACCOUNT_SUSPENDED"

    await server.rows("UPDATE users.end_user SET access = 'enabled' WHERE id = $1", ids.decode("user", person.user_id))
    server.database.signals.send(CHANNEL, person.user_id)

    assert await keys.use(made.api_key) == person.user_id


async def test_a_refused_key_is_audited_against_its_owner_if_its_secret_is_right(keys, people, server):
    # given
    person, operator = await people.person(), await keys.operator()
    made = await keys.create(person.metadata)
    await keys.revoke(operator, made.key.id)
    [(_, address)] = somewhere = from_somewhere()

    # when
    for _ in range(5):
        await refusal(keys.use(made.api_key, somewhere))
        for text in ("nonsense", new_key(), with_checksum(made.api_key[:36] + "0" * 43)):
            await refusal(keys.use(text, somewhere))

    # then: the first of a minute at once, the others are counted
    assert [audit["Arguments"] for audit in await keys.audits(_INVALID, person.user_id)] == [
        [address, "API_KEY_INVALID"]
    ]
    nobodys = [audit for audit in await keys.audits(_INVALID, ANONYMOUS) if address in audit["Arguments"]]
    assert len(nobodys) == 1
    assert made.api_key[36:] not in json.dumps(await server.queued("audits", ""))
