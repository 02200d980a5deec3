"""CreateApiKey: a person or a machine makes a key."""

import asyncio
import hashlib
import uuid
from datetime import timedelta

import grpc
import pytest
from tenantry.api_keys.v1.api_key_pb2 import API_KEY_STATE_ACTIVE

from server.kernel import ids
from tests.api_keys.keys import shown
from tests.harness import refusal


async def fill(server, user_id, number, **columns):
    """Give a user keys that nobody holds."""
    values = {"expires_at": None, "revoked_at": None} | columns
    await server.rows(
        "INSERT INTO api_keys.api_key (id, user_id, key_hash, name, created_at, expires_at, revoked_at, version) "
        "SELECT gen_random_uuid(), $1, sha256(number::text::bytea), 'filling', now(), $3, $4, 2 "
        "FROM generate_series(1, $2) number",
        ids.decode("user", user_id),
        number,
        values["expires_at"],
        values["revoked_at"],
    )


async def number_of_keys(server, user_id):
    [row] = await server.rows("SELECT count(*) FROM api_keys.api_key WHERE user_id = $1", ids.decode("user", user_id))
    return row["count"]


async def test_a_person_makes_a_key_and_uses_it(keys, people):
    person = await people.person()

    answer = await keys.create(person.metadata, name="Nightly builds")

    assert answer.key.id.startswith("apikey_")
    assert (answer.key.user_id, answer.key.name) == (person.user_id, "Nightly builds")
    assert answer.key.state == API_KEY_STATE_ACTIVE
    assert answer.api_key.startswith(answer.key.key_prefix + "_")
    assert len(answer.key.key_prefix) == 35
    for absent in ("last_used_at", "expires_at", "revoked_at"):
        assert not answer.key.HasField(absent)
    assert await keys.use(answer.api_key) == person.user_id


async def test_a_key_without_a_name_has_one(keys, people):
    person = await people.person()

    assert (await keys.create(person.metadata)).key.name == "API key"


async def test_a_key_expires_when_it_was_meant_to(keys, people, server):
    # given
    person = await people.person()
    server.clock.stop_at(server.clock().replace(microsecond=0))
    expires_at = server.clock() + timedelta(hours=1)

    # when
    answer = await keys.create(person.metadata, expires_at=expires_at)

    # then
    assert answer.key.expires_at.ToDatetime(tzinfo=expires_at.tzinfo) == expires_at
    server.clock.stop_at(expires_at - timedelta(microseconds=1))
    assert await keys.use(answer.api_key) == person.user_id
    server.clock.stop_at(expires_at)
    assert (await refusal(keys.use(answer.api_key))).reason == "API_KEY_INVALID"


async def test_a_key_that_never_expires_is_good_for_years(keys, people, server):
    person = await people.person()
    answer = await keys.create(person.metadata)

    server.clock.advance(timedelta(days=3_650))

    assert await keys.use(answer.api_key) == person.user_id


async def test_only_a_digest_of_the_key_is_kept(keys, people, server):
    person = await people.person()

    answer = await keys.create(person.metadata, name="Kept", request_id=str(uuid.uuid4()))

    row = await keys.row(answer.key.id)
    assert row["key_hash"] == hashlib.sha256(answer.api_key.encode()).digest()
    secret = answer.api_key.rpartition("_")[2]
    for table in ("api_keys.api_key", "kernel.event", "kernel.kept_answer", "kernel.delivery"):
        rows = await server.rows(f"SELECT t::text AS text FROM {table} t")
        assert not any(secret in row["text"] or secret.encode().hex() in row["text"] for row in rows), table


async def test_the_key_is_published_without_its_secret_and_nothing_is_audited(keys, people, server):
    person = await people.person()
    audits = len(await server.queued("audits", person.user_id))
    usages = len(await server.queued("usages", person.user_id))

    answer = await keys.create(person.metadata)

    assert await server.events(answer.key.id) == [
        "api_keys.api_key_created.v1",
        "api_keys.api_key_parameters_changed.v1",
    ]
    assert len(await server.queued("audits", person.user_id)) == audits
    assert len(await server.queued("usages", person.user_id)) == usages


async def test_other_keys_go_on(keys, people):
    person = await people.person()
    first = await keys.create(person.metadata)

    second = await keys.create(person.metadata)

    assert first.api_key != second.api_key
    assert await keys.use(first.api_key) == await keys.use(second.api_key) == person.user_id


async def test_a_key_may_make_keys(keys, people):
    person = await people.person()
    first = await keys.create(person.metadata)

    second = await keys.create(shown(first.api_key), name="Made by a key")

    assert second.key.user_id == person.user_id
    assert await keys.use(second.api_key) == person.user_id


async def test_a_machine_makes_keys(keys, people):
    machine = await keys.machine(metadata=(await people.person()).metadata)

    answer = await keys.create(shown(machine.api_key))

    assert await keys.use(answer.api_key) == machine.id


@pytest.mark.parametrize("name", ["x" * 200, "Ключ & Söhne #1", "日本語"])
async def test_a_name_may_be_long_and_in_any_script(keys, people, name):
    person = await people.person()

    assert (await keys.create(person.metadata, name=name)).key.name == name


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", "x" * 201, "INVALID_NAME"),
        ("name", "<script>", "INVALID_NAME"),
        ("name", "two\nlines", "INVALID_NAME"),
        ("request_id", "no uuid", "INVALID_REQUEST_ID"),
    ],
)
async def test_a_field_outside_its_rule_is_refused(keys, people, server, field, value, reason):
    person = await people.person()

    refused = await refusal(keys.create(person.metadata, **{field: value}))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == {field: reason}
    assert await number_of_keys(server, person.user_id) == 0


@pytest.mark.parametrize("seconds", [3_599, 0, -86_400])
async def test_a_key_must_live_for_an_hour_from_the_request(keys, people, server, seconds):
    person = await people.person()
    server.clock.stop_at(server.clock())

    refused = await refusal(
        keys.create(person.metadata, name="<", expires_at=server.clock() + timedelta(seconds=seconds))
    )

    assert refused.violations == {"name": "INVALID_NAME", "expires_at": "INVALID_EXPIRES_AT"}
    assert await number_of_keys(server, person.user_id) == 0


async def test_a_user_has_so_many_active_keys_and_no_more(keys, people, server):
    # given
    person = await people.person()
    now = server.clock()
    await fill(server, person.user_id, 40, revoked_at=now)
    await fill(server, person.user_id, 40, expires_at=now)
    await fill(server, person.user_id, 99)

    # when
    last = await keys.create(person.metadata)
    refused = await refusal(keys.create(person.metadata))

    # then
    assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_API_KEYS")
    assert await number_of_keys(server, person.user_id) == 180
    await keys.delete(person.metadata, last.key.id)
    await keys.create(person.metadata)


async def test_fifty_at_once_are_not_one_too_many(keys, people, server):
    # given
    person, other = await people.person(), await people.person()
    await fill(server, person.user_id, 95)

    # when
    answers = await asyncio.gather(*(keys.create(person.metadata) for _ in range(50)), return_exceptions=True)

    # then
    made = [answer for answer in answers if not isinstance(answer, BaseException)]
    refused = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert (len(made), len(refused)) == (5, 45)
    assert {error.code() for error in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert await number_of_keys(server, person.user_id) == 100
    await keys.create(other.metadata)


async def test_twenty_equal_calls_at_once_make_one_key(keys, people, server):
    person, request_id = await people.person(), str(uuid.uuid4())

    answers = await asyncio.gather(*(keys.create(person.metadata, request_id=request_id) for _ in range(20)))

    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert await number_of_keys(server, person.user_id) == 1


async def test_a_request_id_is_not_good_for_another_body(keys, people):
    person, request_id = await people.person(), str(uuid.uuid4())
    await keys.create(person.metadata, request_id=request_id)

    refused = await refusal(keys.create(person.metadata, name="Another", request_id=request_id))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")


async def test_a_request_id_of_one_user_is_another_ones_own(keys, people):
    first, second, request_id = await people.person(), await people.person(), str(uuid.uuid4())

    answers = [await keys.create(person.metadata, request_id=request_id) for person in (first, second)]

    assert [answer.key.user_id for answer in answers] == [first.user_id, second.user_id]


async def test_nobody_without_a_credential_a_role_or_the_feature_may(keys, server):
    # given
    free = await keys.machine()  # registered by nobody: the free features only

    # when
    nobody = await refusal(keys.create(()))
    machine = await refusal(keys.create(shown(free.api_key)))
    service = await refusal(keys.create(server.as_service()))

    # then
    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert (machine.code, machine.reason) == (grpc.StatusCode.PERMISSION_DENIED, "FEATURE_REQUIRED")
    assert (service.code, service.reason) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")
