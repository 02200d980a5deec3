"""API keys that nobody here has made, or that are good no longer, open nothing. Each with the code it gets."""

from dataclasses import dataclass
from datetime import timedelta

import grpc
import pytest
import pytest_asyncio

from server.kernel import ids
from tests.api_keys.keys import from_somewhere, new_key, with_checksum
from tests.harness import refusal

_PREFIX = len("tenantry_")
_SECRET = _PREFIX + 26 + 1


@dataclass
class Material:
    """Two good keys of one person, and one of somebody else's, to forge from."""

    good: str
    other: str
    strangers: str


@pytest_asyncio.fixture
async def material(keys, people):
    person, stranger = await people.person(), await people.person()
    made = [await keys.create(each.metadata) for each in (person, person, stranger)]
    return Material(*(each.api_key for each in made))


def swapped(text: str, other: str) -> str:
    """The id of one key with the secret of another."""
    return with_checksum(text[:_SECRET] + other[_SECRET:-6])


def another(digit: str) -> str:
    return "b" if digit == "a" else "a"


_FORGED = {
    # malformed: nothing is looked up
    "empty": lambda made: "",
    "a space": lambda made: " ",
    "no key": lambda made: "nonsense",
    "only what is shown of it": lambda made: made.good[: _SECRET - 1],
    "without its checksum": lambda made: made.good[:-6],
    "another checksum": lambda made: made.good[:-1] + another(made.good[-1]),
    "the checksum of another key": lambda made: made.good[:-6] + made.other[-6:],
    "a checksum of zeros": lambda made: made.good[:-6] + "000000",
    "in upper case": lambda made: made.good.upper(),
    "in lower case": lambda made: made.good.lower(),
    "of another brand": lambda made: with_checksum("tenantri_" + made.good[_PREFIX:-6]),
    "an id that is none": lambda made: with_checksum("tenantry_8" + made.good[_PREFIX + 1 : -6]),
    "an id with a letter that ids lack": lambda made: with_checksum(f"tenantry_01u{made.good[_PREFIX + 3 : -6]}"),
    "one character less": lambda made: with_checksum(made.good[:-7]),
    "one character more": lambda made: with_checksum(made.good[:-6] + "0"),
    "something behind it": lambda made: made.good + "x",
    "twice": lambda made: made.good * 2,
    "two in a list": lambda made: f"{made.good},{made.other}",
    "in quotes": lambda made: f'"{made.good}"',
    "as a bearer token": lambda made: f"Bearer {made.good}",
    "a secret with a slash": lambda made: with_checksum(made.good[:_SECRET] + "/" * 43),
    "an injection": lambda made: "tenantry_' OR '1'='1",
    "very long": lambda made: "tenantry_" + "x" * 4_000,
    # well-formed: the digest is another one
    "of nobody": lambda made: new_key(),
    "another secret": lambda made: with_checksum(made.good[:_SECRET] + "0" * 43),
    "one character of the secret changed": lambda made: with_checksum(made.good[:-7] + another(made.good[-7])),
    "the secret of another key of the same user": lambda made: swapped(made.good, made.other),
    "the id of another user's key": lambda made: swapped(made.strangers, made.good),
    "the least id": lambda made: new_key("apikey_" + "0" * 26),
    "the greatest id": lambda made: new_key("apikey_7" + "z" * 25),
}


@pytest.mark.parametrize("forgery", _FORGED)
async def test_a_forged_key_opens_nothing(keys, material, forgery):
    refused = await refusal(keys.use(_FORGED[forgery](material), from_somewhere()))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "API_KEY_INVALID")
    assert refused.metadata == {}
    assert await keys.use(material.good)  # which was good all the time


async def test_all_refusals_say_the_same(keys, people, material, server):
    """Unknown, wrong, expired, revoked and deleted keys, and those of unregistered owners, cannot be told apart."""
    bad = [new_key(), with_checksum(material.good[:_SECRET] + "0" * 43), "nonsense"]
    bad += [await spoil(keys, people, server) for spoil in _SPOILED.values()]
    told = set()
    for text in bad:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await keys.use(text, from_somewhere())
        trailing = dict(refused.value.trailing_metadata())
        told.add((refused.value.code(), refused.value.details(), len(trailing["grpc-status-details-bin"])))

    assert len(told) == 1


# Keys that were good ---------------------------------------------------------------------------------------------


async def expired(keys, people, server):
    person = await people.person()
    made = await keys.create(person.metadata, expires_at=server.clock() + timedelta(hours=1, minutes=1))
    await keys.use(made.api_key)
    sql = "UPDATE api_keys.api_key SET expires_at = now() WHERE id = $1"
    await server.rows(sql, ids.decode("apikey", made.key.id))
    server.database.signals.send("principals", person.user_id)
    return made.api_key


async def revoked(keys, people, server):
    person = await people.person()
    made = await keys.create(person.metadata)
    await keys.use(made.api_key)
    await keys.revoke(await keys.operator(), made.key.id)
    return made.api_key


async def deleted(keys, people, server):
    person = await people.person()
    made = await keys.create(person.metadata)
    await keys.use(made.api_key)
    await keys.delete(person.metadata, made.key.id)
    return made.api_key


async def of_somebody_not_registered(keys, people, server):
    person = await people.person()
    made = await keys.create(person.metadata)
    await keys.use(made.api_key)
    sql = "UPDATE users.end_user SET status = 'unregistered', email_address = NULL WHERE id = $1"
    await server.rows(sql, ids.decode("user", person.user_id))
    server.database.signals.send("principals", person.user_id)
    return made.api_key


async def of_nobody_any_more(keys, people, server):
    person = await people.person()
    made = await keys.create(person.metadata)
    await keys.use(made.api_key)
    key_id, gone = ids.decode("apikey", made.key.id), ids.decode("user", ids.new_id("user"))
    await server.rows("UPDATE api_keys.api_key SET user_id = $2 WHERE id = $1", key_id, gone)
    server.database.signals.send("principals", person.user_id)
    return made.api_key


_SPOILED = {
    "expired": expired,
    "revoked": revoked,
    "deleted": deleted,
    "of somebody who is not registered": of_somebody_not_registered,
    "of a user who does not exist": of_nobody_any_more,
}


@pytest.mark.parametrize("how", _SPOILED)
async def test_a_key_that_was_good_opens_nothing_any_more(keys, people, server, how):
    text = await _SPOILED[how](keys, people, server)

    refused = await refusal(keys.use(text, from_somewhere()))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "API_KEY_INVALID")


# What is no header that gRPC lets through ------------------------------------------------------------------------


async def test_a_header_of_a_megabyte_is_refused_by_the_transport(keys, material):
    refused = await refusal(keys.use("tenantry_" + "x" * 1_000_000))

    assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert await keys.use(material.good)
