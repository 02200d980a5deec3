"""RegisterMachine: somebody, or nobody, registers a user that is no person."""

import asyncio
import json
import uuid
from datetime import timedelta

import grpc
import pytest
from tenantry.access.v1 import types_pb2 as access
from tenantry.users.v1 import end_user_pb2

from server.kernel import ids
from server.kernel.access.caller import ANONYMOUS, MAINTENANCE
from tests.api_keys.keys import from_somewhere, shown
from tests.harness import properties_of, refusal

_FREE = [access.FEATURE_LEVEL_BASIC]
_TRIAL = [access.FEATURE_LEVEL_PAID_TRIAL, access.FEATURE_LEVEL_BASIC]
_OWNER = [access.TENANT_ROLE_OWNER, access.TENANT_ROLE_MEMBER]


async def usages_of(server, user_id, name):
    found = [text for text in await server.queued("usages", user_id) if json.loads(text)["EventName"] == name]
    return [properties_of(text) for text in found]


async def test_nobody_registers_a_machine_with_the_free_features(machines):
    machine = await machines.register()

    assert machine.id.startswith("user_")
    assert (machine.name, machine.created_by_id) == ("Loom 4", ANONYMOUS)
    assert not machine.HasField("api_key_expires_at")
    user = await machines.user(machine.id)
    assert user.classification == access.USER_CLASSIFICATION_MACHINE
    assert (user.status, user.access) == (end_user_pb2.USER_STATUS_REGISTERED, end_user_pb2.USER_ACCESS_ENABLED)
    assert (list(user.roles), list(user.features)) == ([access.PLATFORM_ROLE_STANDARD], _FREE)
    [own] = user.memberships
    assert (own.ownership, own.is_default) == (access.ORGANIZATION_OWNERSHIP_PERSONAL, True)
    assert (list(own.roles), list(own.features)) == (_OWNER, _FREE)


async def test_somebody_registers_a_machine_with_those_of_the_trial(machines, people):
    person = await people.person()

    machine = await machines.register(person.metadata)

    assert machine.created_by_id == person.user_id
    user = await machines.user(machine.id)
    assert (list(user.roles), list(user.features)) == ([access.PLATFORM_ROLE_STANDARD], _TRIAL)
    [own] = user.memberships  # the personal organization of whoever registers it is not shared
    assert (own.ownership, own.is_default) == (access.ORGANIZATION_OWNERSHIP_PERSONAL, True)
    assert (list(own.roles), list(own.features)) == (_OWNER, _TRIAL)


async def test_its_key_is_it(machines, keys):
    machine = await machines.register()

    assert await keys.use(machine.api_key) == machine.id


async def test_its_key_bears_its_name_and_expires_when_it_was_meant_to(machines, keys, people, server):
    # given
    person = await people.person()
    server.clock.stop_at(server.clock())
    expires_at = server.clock() + timedelta(hours=1)

    # when
    machine = await machines.register(person.metadata, name="x" * 200, api_key_expires_at=expires_at)

    # then
    assert machine.api_key_expires_at.ToDatetime(tzinfo=expires_at.tzinfo) == expires_at
    [key] = (await keys.listed(shown(machine.api_key))).keys
    assert (key.name, key.expires_at) == ("x" * 200, machine.api_key_expires_at)
    server.clock.stop_at(expires_at)
    assert (await refusal(keys.use(machine.api_key, from_somewhere()))).reason == "API_KEY_INVALID"


async def test_a_machine_registers_a_machine(machines, people):
    first = await machines.register((await people.person()).metadata)

    second = await machines.register(shown(first.api_key))

    assert second.created_by_id == first.id
    assert list((await machines.user(second.id)).features) == _TRIAL


async def test_a_service_account_registers_a_machine(machines, server):
    machine = await machines.register(server.as_service())

    assert machine.created_by_id == MAINTENANCE
    assert list((await machines.user(machine.id)).features) == _TRIAL


async def test_it_has_a_profile_with_what_was_said(machines):
    machine = await machines.register(name="Loom", timezone="Pacific/Auckland", country_code="nz")

    profile = await machines.profile(machine.id)
    assert (profile["first_name"], profile["last_name"], profile["email_address"]) == ("Loom", None, None)
    assert (profile["timezone"], profile["country_code"]) == ("Pacific/Auckland", "NZL")
    assert profile["classification"] == "machine"


async def test_it_has_the_platforms_preferences_where_nothing_was_said(machines):
    profile = await machines.profile((await machines.register()).id)

    assert (profile["timezone"], profile["country_code"]) == ("US/Pacific", "USA")


async def test_it_is_a_usage_and_neither_an_audit_nor_a_mail(machines, server):
    machine = await machines.register()

    assert await usages_of(server, machine.id, "Machine Registered") == [
        {"ResourceId": machine.id, "Name": "Loom 4", "UserIdOverride": machine.id}
    ]
    assert await server.queued("audits", machine.id) == []
    assert await server.queued("emails", machine.id) == []


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", "", "INVALID_NAME"),
        ("name", "x" * 201, "INVALID_NAME"),
        ("name", "Loom <4>", "INVALID_NAME"),
        ("timezone", "Atlantis/Sunken", "INVALID_TIMEZONE"),
        ("country_code", "XX", "INVALID_COUNTRY_CODE"),
        ("request_id", "no uuid", "INVALID_REQUEST_ID"),
    ],
)
async def test_a_field_outside_its_rule_is_refused(machines, field, value, reason):
    before = await machines.counts()

    refused = await refusal(machines.register(**{field: value}))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == {field: reason}
    assert await machines.counts() == before


async def test_all_bad_fields_are_named_at_once(machines, server):
    server.clock.stop_at(server.clock())
    soon = server.clock() + timedelta(minutes=59)

    refused = await refusal(machines.register(name="<", timezone="?", country_code="?", api_key_expires_at=soon))

    assert refused.violations == {
        "name": "INVALID_NAME",
        "timezone": "INVALID_TIMEZONE",
        "country_code": "INVALID_COUNTRY_CODE",
        "api_key_expires_at": "INVALID_API_KEY_EXPIRES_AT",
    }


async def test_a_bad_credential_fails_the_call(machines):
    before = await machines.counts()

    refused = await refusal(machines.register((("authorization", "Bearer nonsense"),)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")
    assert await machines.counts() == before


async def test_twenty_equal_calls_at_once_register_one_machine(machines):
    before, request_id = await machines.counts(), str(uuid.uuid4())

    answers = await asyncio.gather(*(machines.register(request_id=request_id) for _ in range(20)))

    assert len({answer.SerializeToString() for answer in answers}) == 1
    after = await machines.counts()
    assert after["users.end_user"] - before["users.end_user"] == 1
    assert after["api_keys.api_key"] - before["api_keys.api_key"] == 1


async def test_a_request_id_is_not_good_for_another_body(machines):
    request_id = str(uuid.uuid4())
    await machines.register(request_id=request_id)

    refused = await refusal(machines.register(name="Another", request_id=request_id))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")


async def test_its_key_is_kept_as_a_digest_only(machines, server):
    machine = await machines.register(request_id=str(uuid.uuid4()))

    secret = machine.api_key.rpartition("_")[2]
    for table in ("api_keys.api_key", "kernel.event", "kernel.kept_answer", "kernel.delivery"):
        rows = await server.rows(f"SELECT t::text AS text FROM {table} t")
        assert not any(secret in row["text"] or secret.encode().hex() in row["text"] for row in rows), table


async def test_what_happened_is_published(machines, server):
    machine = await machines.register()

    events = await server.events(machine.id)
    assert events[:2] == ["users.end_user_created.v1", "users.end_user_registered.v1"]
    assert "users.membership_added.v1" in events
    [row] = await server.rows(
        "SELECT data FROM kernel.event WHERE aggregate_id = $1 AND name = 'users.end_user_registered.v1'",
        ids.decode("user", machine.id),
    )
    told = json.loads(row["data"])
    assert (told["classification"], told.get("username")) == ("machine", None)
