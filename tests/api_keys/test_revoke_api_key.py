"""RevokeApiKey: an operator ends anybody's key."""

import asyncio
from datetime import timedelta

import grpc
from tenantry.api_keys.v1.api_key_pb2 import API_KEY_STATE_REVOKED

from server.kernel import ids
from server.subdomains.identity.api_keys.api import ApiKeysApi
from tests.api_keys.keys import shown
from tests.harness import refusal

_REVOKED = "api_keys.api_key_revoked.v1"
_AUDIT = "Authentication.APIKey.Revoked"


async def test_a_revoked_key_is_good_for_nothing_and_still_listed(keys, people, server):
    # given
    owner, operator = await people.person(), await keys.operator()
    made = await keys.create(owner.metadata)
    assert await keys.use(made.api_key) == owner.user_id

    # when
    key = await keys.revoke(operator, made.key.id)

    # then
    assert (key.id, key.user_id, key.state) == (made.key.id, owner.user_id, API_KEY_STATE_REVOKED)
    assert key.HasField("revoked_at")
    assert (await refusal(keys.use(made.api_key))).reason == "API_KEY_INVALID"
    assert list((await keys.listed(owner.metadata)).keys) == [key]
    assert (await server.events(made.key.id))[-1] == _REVOKED


async def test_operator_owner_and_key_are_audited(keys, people):
    owner, operator = await people.person(), await keys.operator()
    operator_id = await keys.identity(operator)
    made = await keys.create(owner.metadata)

    await keys.revoke(operator, made.key.id)

    [audit] = await keys.audits(_AUDIT, owner.user_id)
    assert set(audit["Arguments"]) == {operator_id, owner.user_id, made.key.id}


async def test_a_key_that_has_expired_is_revoked_too(keys, people, server):
    owner, operator = await people.person(), await keys.operator()
    made = await keys.create(owner.metadata, expires_at=server.clock() + timedelta(hours=1, minutes=1))
    await server.rows("UPDATE api_keys.api_key SET expires_at = now() WHERE id = $1", ids.decode("apikey", made.key.id))

    assert (await keys.revoke(operator, made.key.id)).state == API_KEY_STATE_REVOKED


async def test_to_revoke_again_changes_nothing(keys, people, server):
    owner, operator = await people.person(), await keys.operator()
    made = await keys.create(owner.metadata)

    answers = await asyncio.gather(*(keys.revoke(operator, made.key.id) for _ in range(10)))

    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert (await server.events(made.key.id)).count(_REVOKED) == 1
    assert len(await keys.audits(_AUDIT, owner.user_id)) == 1


async def test_an_operator_revokes_its_own_key_with_it(keys):
    operator = await keys.operator()
    made = await keys.create(operator)

    await keys.revoke(shown(made.api_key), made.key.id)

    assert (await refusal(keys.use(made.api_key))).reason == "API_KEY_INVALID"


async def test_an_unknown_key_is_not_found(keys):
    refused = await refusal(keys.revoke(await keys.operator(), ids.new_id("apikey")))

    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "API_KEY_NOT_FOUND")


async def test_a_malformed_id_is_refused(keys):
    refused = await refusal(keys.revoke(await keys.operator(), "apikey_1"))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, {"id": "INVALID_ID"})


async def test_only_operators_may(keys, people, server):
    owner = await people.person()
    made = await keys.create(owner.metadata)

    for metadata in (owner.metadata, shown(made.api_key), server.as_service()):
        refused = await refusal(keys.revoke(metadata, made.key.id))
        assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
    assert (await refusal(keys.revoke((), made.key.id))).reason == "NOT_AUTHENTICATED"

    assert await keys.use(made.api_key) == owner.user_id


async def test_all_keys_of_a_user_are_revoked_with_what_another_subdomain_does(keys, people, server):
    # given
    person, other = await people.person(), await people.person()
    mine = [await keys.create(person.metadata) for _ in range(3)]
    others = await keys.create(other.metadata)
    await keys.revoke(await keys.operator(), mine[0].key.id)
    for made in mine[1:]:
        await keys.use(made.api_key)
    api = ApiKeysApi.of(server.app.platform)

    # when
    async with server.app.platform.begin() as uow:
        number = await api.revoke_all_of(uow, person.user_id)

    # then
    assert number == 2
    for made in mine:
        assert (await refusal(keys.use(made.api_key))).reason == "API_KEY_INVALID"
        assert (await server.events(made.key.id)).count(_REVOKED) == 1
    assert await keys.use(others.api_key) == other.user_id
