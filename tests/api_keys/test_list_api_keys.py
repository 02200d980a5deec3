"""ListApiKeys: a user sees its own keys, and never a secret."""

from datetime import timedelta

import grpc
import pytest
from tenantry.api_keys.v1.api_key_pb2 import (
    API_KEY_STATE_ACTIVE,
    API_KEY_STATE_EXPIRED,
    API_KEY_STATE_REVOKED,
    API_KEY_STATE_UNSPECIFIED,
)

from tests.api_keys.keys import shown
from tests.harness import refusal


async def one_of_each_state(keys, person, server):
    """An active key, one that has expired, one that was revoked, and one that was both; by name."""
    server.clock.stop_at(server.clock())
    soon = server.clock() + timedelta(hours=1)
    made = {"active": await keys.create(person.metadata, name="active")}
    for name in ("expired", "both"):
        made[name] = await keys.create(person.metadata, name=name, expires_at=soon)
    made["revoked"] = await keys.create(person.metadata, name="revoked")
    operator = await keys.operator()
    for name in ("revoked", "both"):
        await keys.revoke(operator, made[name].key.id)
    server.clock.advance(timedelta(hours=2))
    return made


async def test_a_user_sees_keys_in_every_state(keys, people, server):
    # given
    person = await people.person()
    made = await one_of_each_state(keys, person, server)
    deleted = await keys.create(shown(made["active"].api_key), name="deleted")
    await keys.delete(shown(made["active"].api_key), deleted.key.id)

    # when
    answer = await keys.listed(shown(made["active"].api_key))

    # then
    assert {key.name: key.state for key in answer.keys} == {
        "active": API_KEY_STATE_ACTIVE,
        "expired": API_KEY_STATE_EXPIRED,
        "revoked": API_KEY_STATE_REVOKED,
        "both": API_KEY_STATE_REVOKED,
    }
    assert (answer.total_size, answer.next_page_token) == (4, "")
    for key in answer.keys:
        assert (key.user_id, key.key_prefix) == (person.user_id, made[key.name].key.key_prefix)
        assert key.HasField("revoked_at") == (key.state == API_KEY_STATE_REVOKED)
        assert key.created_at == made[key.name].key.created_at
    secrets = [each.api_key.rpartition("_")[2].encode() for each in made.values()]
    assert not any(secret in answer.SerializeToString() for secret in secrets)


@pytest.mark.parametrize(
    ("state", "names"),
    [
        (API_KEY_STATE_UNSPECIFIED, {"active", "expired", "revoked", "both"}),
        (API_KEY_STATE_ACTIVE, {"active"}),
        (API_KEY_STATE_EXPIRED, {"expired"}),
        (API_KEY_STATE_REVOKED, {"revoked", "both"}),
    ],
)
async def test_keys_are_found_by_their_state(keys, people, server, state, names):
    person = await people.person()
    made = await one_of_each_state(keys, person, server)

    answer = await keys.listed(shown(made["active"].api_key), state=state)

    assert {key.name for key in answer.keys} == names
    assert answer.total_size == len(names)


async def test_nobody_sees_the_keys_of_others(keys, people):
    first, second = await people.person(), await people.person()
    mine, _ = await keys.create(first.metadata), await keys.create(second.metadata)

    answer = await keys.listed(first.metadata)

    assert [key.id for key in answer.keys] == [mine.key.id]
    assert answer.total_size == 1


async def test_whoever_has_no_keys_sees_none(keys, people, server):
    person = await people.person()

    for metadata in (person.metadata, server.as_service()):
        answer = await keys.listed(metadata)
        assert (list(answer.keys), answer.total_size, answer.next_page_token) == ([], 0, "")


@pytest.mark.parametrize("field", ["created_at", "last_used_at", "expires_at", "name"])
@pytest.mark.parametrize("direction", ["", " desc"])
async def test_keys_come_by_pages_in_order_and_unset_times_last(keys, people, server, field, direction):
    # given: five keys of which some never expire, and some were never used
    person = await people.person()
    begun, made = server.clock(), []
    for number, (name, lifetime) in enumerate([("d", 300), ("b", None), ("e", 200), ("a", None), ("c", 100)]):
        server.clock.stop_at(begun + timedelta(minutes=number))
        expires_at = None if lifetime is None else begun + timedelta(days=lifetime)
        made.append(await keys.create(person.metadata, name=name, expires_at=expires_at))
    for number in (3, 0, 4):
        server.clock.advance(timedelta(minutes=1))
        await keys.use(made[number].api_key)
    expected = {
        "created_at": ["d", "b", "e", "a", "c"],
        "last_used_at": ["a", "d", "c", "b", "e"],
        "expires_at": ["c", "e", "d", "b", "a"],
        "name": ["a", "b", "c", "d", "e"],
    }[field]
    if direction:
        unset = {"created_at": 0, "last_used_at": 2, "expires_at": 2, "name": 0}[field]
        there = 5 - unset
        expected = [*reversed(expected[:there]), *reversed(expected[there:])]

    # when
    found, token = [], ""
    while True:
        page = await keys.listed(person.metadata, page_size=2, page_token=token, order_by=field + direction)
        assert page.total_size == 5
        found += [key.name for key in page.keys]
        token = page.next_page_token
        if not token:
            break

    # then
    assert found == expected


async def test_the_latest_comes_first_unless_told_otherwise(keys, people, server):
    person = await people.person()
    server.clock.stop_at(server.clock())
    for name in ("first", "second", "third"):
        await keys.create(person.metadata, name=name)
        server.clock.advance(timedelta(seconds=1))

    assert [key.name for key in (await keys.listed(person.metadata)).keys] == ["third", "second", "first"]


async def test_a_page_token_of_one_user_is_no_good_for_another(keys, people):
    first, second = await people.person(), await people.person()
    for _ in range(3):
        await keys.create(first.metadata)
    token = (await keys.listed(first.metadata, page_size=1)).next_page_token

    refused = await refusal(keys.listed(second.metadata, page_size=1, page_token=token))

    assert refused.violations == {"page_token": "INVALID_PAGE_TOKEN"}


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("state", 4, "INVALID_STATE"),
        ("page_size", -1, "INVALID_PAGE_SIZE"),
        ("page_token", "nonsense", "INVALID_PAGE_TOKEN"),
        ("order_by", "key_prefix", "INVALID_ORDER_BY"),
    ],
)
async def test_a_bad_list_option_is_refused(keys, people, field, value, reason):
    person = await people.person()

    refused = await refusal(keys.listed(person.metadata, **{field: value}))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, {field: reason})


async def test_only_who_is_signed_in_and_has_the_feature_may(keys):
    free = await keys.machine()

    assert (await refusal(keys.listed(()))).reason == "NOT_AUTHENTICATED"
    assert (await refusal(keys.listed(shown(free.api_key)))).reason == "FEATURE_REQUIRED"
