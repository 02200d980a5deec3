"""Who a user is now: one query, remembered for less than a second, dropped on change everywhere."""

import asyncio
import json
from typing import cast

import pytest_asyncio
from sqlalchemy import Text, func
from sqlalchemy import cast as sql_cast

from server.kernel import ids
from server.kernel.access.principals import CHANNEL, Principals
from server.kernel.access.roles import FeatureLevel, PlatformRole, TenantRole
from server.kernel.database import Database
from server.kernel.subdomain import Platform
from tests.cast import cast_of_tests
from tests.kernel.test_signals import end_listening, until
from tests.wire import counting

PARTS = dict(cast_of_tests(cast(Platform, None)).principal)  # it asks nothing of its platform
SLOW = PARTS | {"user": PARTS["user"].where(sql_cast(func.pg_sleep(0.3), Text) == "")}
USER = {
    "classification": "person",
    "status": "registered",
    "access": "enabled",
    "roles": ["platform_operations"],
    "features": ["basic_features"],
    "memberships": [],
}


class Users:
    """Rows of users."""

    def __init__(self, connection):
        self._connection = connection

    async def add(self, **changes):
        user_id, session_id = ids.new_id("user"), ids.new_id("session")
        await self._connection.execute(
            'INSERT INTO cast_of_tests.player (user_id, session_id, "user", is_live) VALUES ($1, $2, $3, true)',
            ids.decode("user", user_id),
            ids.decode("session", session_id),
            json.dumps(USER | changes),
        )
        return user_id, session_id

    async def suspend(self, user_id):
        await self._connection.execute(
            """UPDATE cast_of_tests.player SET "user" = "user" || '{"access": "suspended"}' WHERE user_id = $1""",
            ids.decode("user", user_id),
        )

    async def end_session(self, session_id):
        await self._connection.execute(
            "UPDATE cast_of_tests.player SET is_live = false WHERE session_id = $1", ids.decode("session", session_id)
        )


@pytest_asyncio.fixture
async def users(onlooker):
    return Users(onlooker)


@pytest_asyncio.fixture
async def process(probe_dsn):
    """Makes processes that listen."""
    started = []

    async def start(parts=PARTS, dsn=probe_dsn):
        database = Database(dsn, pool_size=4)
        principals = Principals(database, parts)
        await database.start()
        started.append(database)
        await until(lambda: database.signals.is_connected)
        return database, principals

    yield start
    for database in started:
        await database.stop()


async def test_a_user_is_known_with_everything_included(process, users):
    # given
    organization_id = ids.new_id("org")
    membership = {
        "id": str(ids.uuid7()),
        "organization_id": str(ids.decode("org", organization_id)),
        "roles": ["tenant_billing_admin"],
        "features": ["paid2_features"],
        "is_default": True,
    }
    user_id, session_id = await users.add(memberships=[membership])
    _, principals = await process()

    # when
    found = await principals.find(user_id, session_id)

    # then
    assert (found.user_id, found.is_registered, found.is_suspended, found.is_session_live) == (
        user_id,
        True,
        False,
        True,
    )
    assert found.platform_roles == {PlatformRole.OPERATIONS, PlatformRole.STANDARD}
    assert found.default_organization_id == organization_id
    assert found.memberships[organization_id].roles == set(TenantRole)
    assert found.memberships[organization_id].features == set(FeatureLevel) - {FeatureLevel.PAID3}


async def test_unknown_users_unknown_sessions_and_sessions_of_others_are_nobody(process, users):
    user_id, session_id = await users.add()
    _, others_session = await users.add()
    _, principals = await process()

    assert await principals.find(ids.new_id("user"), session_id) is None
    assert await principals.find(user_id, ids.new_id("session")) is None
    assert await principals.find(user_id, others_session) is None
    assert (await principals.find(user_id, None)).user_id == user_id


async def test_a_user_is_looked_up_once_however_many_ask(process, users, probe_dsn):
    user_id, session_id = await users.add()
    async with counting(probe_dsn) as wire:
        _, principals = await process(dsn=wire.dsn)
        await principals.find(*await users.add())  # prepares the statement
        before = wire.round_trips

        found = await asyncio.gather(*(principals.find(user_id, session_id) for _ in range(50)))
        again = await principals.find(user_id, session_id)

        assert wire.round_trips - before <= 2  # one of two connections may have to prepare it first
        assert {id(principal) for principal in found} == {id(again)}


async def test_a_change_is_known_to_another_process_well_before_it_would_be_forgotten(process, users):
    # given
    (here, _), (_, there) = await process(), await process()
    user_id, session_id = await users.add()
    before = await there.find(user_id, session_id)

    # when
    await users.suspend(user_id)
    here.signals.send(CHANNEL, user_id)
    await asyncio.sleep(0.3)

    # then
    assert (before.is_suspended, (await there.find(user_id, session_id)).is_suspended) == (False, True)


async def test_without_a_notice_a_change_is_known_within_a_second(process, users):
    _, principals = await process()
    user_id, session_id = await users.add()
    await principals.find(user_id, session_id)
    await users.end_session(session_id)

    await asyncio.sleep(0.95)

    assert not (await principals.find(user_id, session_id)).is_session_live


async def test_a_notice_drops_every_session_of_its_user_and_nobody_else(process, users):
    database, principals = await process()
    user_id, session_id = await users.add()
    other, other_session = await users.add()
    with_session, without = await principals.find(user_id, session_id), await principals.find(user_id, None)
    unchanged = await principals.find(other, other_session)

    database.signals.send(CHANNEL, user_id)

    assert await principals.find(user_id, session_id) is not with_session
    assert await principals.find(user_id, None) is not without
    assert await principals.find(other, other_session) is unchanged


async def test_what_was_loaded_while_it_changed_is_not_remembered(process, users):
    # given: a look-up that has read the old row and is not back yet
    database, principals = await process(SLOW)
    user_id, session_id = await users.add()
    loading = asyncio.create_task(principals.find(user_id, session_id))
    await asyncio.sleep(0.1)

    # when
    await users.suspend(user_id)
    database.signals.send(CHANNEL, user_id)
    meanwhile = await principals.find(user_id, session_id)
    await loading

    # then
    assert meanwhile.is_suspended
    assert (await principals.find(user_id, session_id)).is_suspended


async def test_one_who_asks_and_leaves_does_not_spoil_it_for_the_others(process, users):
    _, principals = await process(SLOW)
    user_id, session_id = await users.add()
    leaving = asyncio.create_task(principals.find(user_id, session_id))
    staying = asyncio.create_task(principals.find(user_id, session_id))
    await asyncio.sleep(0.05)

    leaving.cancel()

    assert (await staying).user_id == user_id


async def test_nothing_is_remembered_while_the_others_are_not_heard(probe_dsn, users):
    database = Database(probe_dsn, pool_size=2)
    principals = Principals(database, PARTS)
    user_id, session_id = await users.add()
    before = await principals.find(user_id, session_id)

    await users.suspend(user_id)  # and nobody says so
    after = await principals.find(user_id, session_id)

    assert before is not None
    assert after is not None
    assert (before.is_suspended, after.is_suspended) == (False, True)
    await database.stop()


async def test_what_was_remembered_is_dropped_when_notices_may_be_missed(process, users, onlooker):
    database, principals = await process()
    user_id, session_id = await users.add()
    remembered = await principals.find(user_id, session_id)
    lost = asyncio.Event()
    database.signals.on_loss(lost.set)

    await end_listening(onlooker)
    await asyncio.wait_for(lost.wait(), 2)

    assert await principals.find(user_id, session_id) is not remembered
