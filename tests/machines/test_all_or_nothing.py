"""A machine is registered with all that belongs to it, or not at all."""

import asyncio

import pytest

from tests.harness import refusal
from tests.machines.machines import TABLES


async def an_owner(machines, people):
    """Somebody whose machines join a shared organization, so that every part has something to do."""
    person = await people.person()
    await machines.organization(person.metadata)
    return person


@pytest.mark.parametrize("table", TABLES)
async def test_when_any_part_fails_nothing_is_left(machines, people, server, table):
    # given: a part of the database that cannot take its rows
    person = await an_owner(machines, people)
    before = await machines.counts()
    schema, _, name = table.partition(".")
    await server.rows(f"ALTER TABLE {table} RENAME TO {name}_gone")

    # when
    try:
        refused = await refusal(machines.register(person.metadata))
    finally:
        await server.rows(f"ALTER TABLE {schema}.{name}_gone RENAME TO {name}")

    # then
    assert refused.code.name == "INTERNAL"
    assert await machines.counts() == before
    assert (await machines.register(person.metadata)).api_key


@pytest.mark.parametrize("table", TABLES)
async def test_when_the_last_moment_fails_nothing_is_left(machines, people, server, table):
    # given: a part that is refused only as the transaction commits
    person = await an_owner(machines, people)
    before = await machines.counts()
    await server.rows(
        "CREATE OR REPLACE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'refused at the commit'; END $$"
    )
    await server.rows(
        f"CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION public.refuse()"
    )

    # when
    try:
        refused = await refusal(machines.register(person.metadata))
    finally:
        await server.rows(f"DROP TRIGGER refuse ON {table}")

    # then
    assert refused.code.name == "INTERNAL"
    assert await machines.counts() == before


async def test_a_call_that_is_given_up_leaves_all_or_nothing(machines, people):
    person = await an_owner(machines, people)
    before = await machines.counts()

    calls = [asyncio.ensure_future(machines.register(person.metadata)) for _ in range(20)]
    for number, call in enumerate(calls):
        await asyncio.sleep(0.003 * number)
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await machines.register(person.metadata)

    after = await machines.counts()
    registered = after["users.end_user"] - before["users.end_user"]
    assert {table: after[table] - before[table] for table in TABLES[:7]} == {
        "users.end_user": registered,
        "users.membership": 2 * registered,
        "user_profiles.user_profile": registered,
        "organizations.organization": registered,
        "organizations.member": 2 * registered,
        "subscriptions.subscription": registered,
        "api_keys.api_key": registered,
    }
