"""That an API key is used is noted at once, kept up to date, and told to others now and then."""

import asyncio
from datetime import timedelta

import grpc
import pytest_asyncio

from server import composition
from server.kernel import ids
from tests.api_keys.keys import Keys, shown
from tests.harness import Running, properties_of, refusal, running

_PASSED = "Authentication.APIKey.Passed"
_VERIFIED = "api_keys.api_key_verified.v1"


@pytest_asyncio.fixture
async def other(server: Running):
    """Another server process on the same database."""
    async with running(server.dsn, composition.compose) as found:
        yield found


async def logins_of(server, user_id):
    """The usages that say that somebody has signed in by a key."""
    found = [properties_of(text) for text in await server.queued("usages", user_id) if '"User Login"' in text]
    return [usage for usage in found if usage["AuthProvider"] == "apikey"]


async def test_the_first_use_is_noted_at_once_and_told(keys, people, server):
    # given
    person = await people.person(first_name="Ada", last_name="Lovelace")
    made = await keys.create(person.metadata)
    server.clock.stop_at(server.clock())

    # when
    await keys.use(made.api_key)

    # then
    assert (await keys.row(made.key.id))["last_used_at"] == server.clock()
    assert (await server.events(made.key.id))[-1] == _VERIFIED
    [audit] = await keys.audits(_PASSED, person.user_id)
    assert audit["Arguments"] == [person.user_id]
    [usage] = await logins_of(server, person.user_id)
    [default] = await server.rows(
        "SELECT organization_id FROM users.membership WHERE user_id = $1 AND is_default",
        ids.decode("user", person.user_id),
    )
    assert usage == {
        "AuthProvider": "apikey",
        "UserIdOverride": person.user_id,
        "Name": "Ada Lovelace",
        "EmailAddress": person.email_address,
        "DefaultOrganizationId": ids.encode("org", default["organization_id"]),
    }


async def test_a_machine_signs_in_without_an_address(keys, server):
    machine = await keys.machine(name="Loom 4")

    await keys.use(machine.api_key)

    [usage] = await logins_of(server, machine.id)
    assert usage["Name"] == "Loom 4"
    assert "EmailAddress" not in usage


async def test_the_last_use_is_never_shown_more_than_a_minute_late(keys, server):
    # given
    machine = await keys.machine(metadata=await keys.operator())
    server.clock.stop_at(server.clock())
    begun, shown_late = server.clock(), []

    # when
    for seconds in (0, 20, 59, 60, 61, 119, 120, 200):
        server.clock.stop_at(begun + timedelta(seconds=seconds))
        await keys.use(machine.api_key)
        [key] = (await keys.listed(shown(machine.api_key))).keys
        shown_late.append((server.clock() - key.last_used_at.ToDatetime(tzinfo=begun.tzinfo)).total_seconds())

    # then
    assert shown_late == [0, 20, 59, 0, 1, 59, 0, 0]


async def test_a_use_is_told_once_in_ten_minutes(keys, server):
    machine = await keys.machine()
    server.clock.stop_at(server.clock())
    begun = server.clock()

    for minutes in range(0, 25, 2):
        server.clock.stop_at(begun + timedelta(minutes=minutes))
        await keys.use(machine.api_key)

    assert (await server.events(await keys.only_key_of(machine.id))).count(_VERIFIED) == 3  # at 0, 10, 20
    assert len(await keys.audits(_PASSED, machine.id)) == 3
    assert len(await logins_of(server, machine.id)) == 3


async def test_a_hundred_first_uses_on_two_servers_are_told_once(keys, server, other):
    # given
    server.clock.stop_at(server.clock())
    other.clock.stop_at(server.clock())
    machine = await keys.machine()
    elsewhere = Keys(other)

    # when
    callers = await asyncio.gather(*(where.use(machine.api_key) for where in (keys, elsewhere) for _ in range(50)))

    # then
    assert set(callers) == {machine.id}
    key_id = await keys.only_key_of(machine.id)
    assert (await server.events(key_id)).count(_VERIFIED) == 1
    assert len(await keys.audits(_PASSED, machine.id)) == 1
    assert len(await logins_of(server, machine.id)) == 1


async def test_a_use_that_could_not_be_noted_is_noted_by_the_next_one(keys, server):
    machine = await keys.machine()
    await server.rows("ALTER TABLE kernel.delivery RENAME TO delivery_gone")
    try:
        refused = await refusal(keys.use(machine.api_key))
    finally:
        await server.rows("ALTER TABLE kernel.delivery_gone RENAME TO delivery")
    assert refused.code is grpc.StatusCode.INTERNAL

    await keys.use(machine.api_key)

    assert len(await keys.audits(_PASSED, machine.id)) == 1
