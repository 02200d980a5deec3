"""DeleteApiKey: a user gets rid of a key."""

import asyncio
from datetime import timedelta

import grpc

from server.kernel import ids
from tests.api_keys.keys import shown
from tests.harness import refusal


async def test_a_deleted_key_is_gone_and_good_for_nothing(keys, people, server):
    # given
    person = await people.person()
    deleted, other = await keys.create(person.metadata), await keys.create(person.metadata)
    assert await keys.use(deleted.api_key) == person.user_id

    # when
    await keys.delete(person.metadata, deleted.key.id)

    # then
    refused = await refusal(keys.use(deleted.api_key))
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "API_KEY_INVALID")
    assert await keys.row(deleted.key.id) is None
    assert [key.id for key in (await keys.listed(person.metadata)).keys] == [other.key.id]
    assert (await server.events(deleted.key.id))[-1] == "api_keys.api_key_deleted.v1"
    assert await keys.use(other.api_key) == person.user_id


async def test_who_has_deleted_it_is_published(keys, people, server):
    person = await people.person()
    made = await keys.create(person.metadata)

    await keys.delete(person.metadata, made.key.id)

    [row] = await server.rows(
        "SELECT data ->> 'deleted_by_id' AS who FROM kernel.event WHERE aggregate_id = $1 AND name = $2",
        ids.decode("apikey", made.key.id),
        "api_keys.api_key_deleted.v1",
    )
    assert row["who"] == person.user_id


async def test_a_key_deletes_itself(keys, people):
    person = await people.person()
    made = await keys.create(person.metadata)

    await keys.delete(shown(made.api_key), made.key.id)

    assert (await refusal(keys.use(made.api_key))).reason == "API_KEY_INVALID"


async def test_keys_that_have_expired_or_were_revoked_are_deleted_too(keys, people, server):
    person = await people.person()
    expired = await keys.create(person.metadata, expires_at=server.clock() + timedelta(hours=1, minutes=1))
    revoked = await keys.create(person.metadata)
    await keys.revoke(await keys.operator(), revoked.key.id)
    await server.rows(
        "UPDATE api_keys.api_key SET expires_at = now() WHERE id = $1", ids.decode("apikey", expired.key.id)
    )

    for made in (expired, revoked):
        await keys.delete(person.metadata, made.key.id)

    assert (await keys.listed(person.metadata)).total_size == 0


async def test_an_unknown_key_and_one_that_is_gone_are_not_found(keys, people):
    person = await people.person()
    gone = await keys.create(person.metadata)
    await keys.delete(person.metadata, gone.key.id)

    for key_id in (gone.key.id, ids.new_id("apikey")):
        refused = await refusal(keys.delete(person.metadata, key_id))
        assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "API_KEY_NOT_FOUND")


async def test_somebody_elses_key_is_not_deleted(keys, people, server):
    owner, other = await people.person(), await people.person()
    made = await keys.create(owner.metadata)

    for metadata in (other.metadata, await keys.operator(), server.as_service()):
        refused = await refusal(keys.delete(metadata, made.key.id))
        assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "API_KEY_NOT_OWNER")

    assert await keys.use(made.api_key) == owner.user_id
    assert "api_keys.api_key_deleted.v1" not in await server.events(made.key.id)


async def test_a_malformed_id_is_refused(keys, people):
    person = await people.person()

    for key_id in ("", "apikey_1", ids.new_id("user")):
        refused = await refusal(keys.delete(person.metadata, key_id))
        assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, {"id": "INVALID_ID"})


async def test_of_ten_who_delete_at_once_one_has_done_it(keys, people, server):
    person = await people.person()
    made = await keys.create(person.metadata)

    answers = await asyncio.gather(
        *(keys.delete(person.metadata, made.key.id) for _ in range(10)), return_exceptions=True
    )

    refused = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert [error.code() for error in refused] == [grpc.StatusCode.NOT_FOUND] * 9
    assert (await server.events(made.key.id)).count("api_keys.api_key_deleted.v1") == 1


async def test_only_who_is_signed_in_and_has_the_feature_may(keys):
    free, key_id = await keys.machine(), ids.new_id("apikey")

    assert (await refusal(keys.delete((), key_id))).reason == "NOT_AUTHENTICATED"
    assert (await refusal(keys.delete(shown(free.api_key), key_id))).reason == "FEATURE_REQUIRED"
