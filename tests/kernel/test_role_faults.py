"""What the application's role may not do, and migrations that run more than once at a time."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio

from server.composition import histories
from server.kernel.database.pool import APPLICATION_ROLE
from server.kernel.migrate import pending
from tests.harness import fresh_database

_MIGRATE = """
import asyncio, sys
from server.composition import histories
from server.kernel.migrate import migrate
asyncio.run(migrate(sys.argv[1], histories()))
"""


@pytest_asyncio.fixture(scope="module")
async def dsn(postgres: str, database_name: str) -> AsyncIterator[str]:
    async with fresh_database(postgres, f"{database_name}_role_faults", histories()) as url:
        yield url


@pytest_asyncio.fixture
async def application(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(dsn, server_settings={"role": APPLICATION_ROLE})
    yield connection
    await connection.close()


FORBIDDEN = [
    "UPDATE kernel.event SET data = '{}'",
    "DELETE FROM kernel.event",
    "TRUNCATE kernel.delivery",
    "SELECT * FROM kernel.migration",
    "SELECT * FROM organizations.migration",
    "UPDATE audits.audit SET audit_code = ''",
    "DELETE FROM audits.audit",
    "CREATE TABLE kernel.more ()",
    "CREATE TABLE public.more ()",
    "CREATE SCHEMA more",
    "CREATE TEMPORARY TABLE more ()",
    "CREATE ROLE more",
    "ALTER TABLE organizations.organization DISABLE ROW LEVEL SECURITY",
    "DROP POLICY of_one_organization ON organizations.organization",
    "COPY kernel.event TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/hostname')",
    "SELECT lo_import('/etc/hostname')",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
async def test_the_application_may_not(application, sql):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await application.execute(sql)


async def test_resetting_the_role_changes_nothing(application):
    await application.execute("RESET ROLE; RESET ALL")

    assert await application.fetchval("SELECT current_user") == APPLICATION_ROLE


async def test_a_login_that_is_only_a_member_of_the_role_gains_nothing_by_leaving_it(dsn):
    name = "app_login_of_tests"
    admin = await asyncpg.connect(dsn)
    try:
        await admin.execute(f"DROP ROLE IF EXISTS {name}")
        await admin.execute(f"CREATE ROLE {name} LOGIN NOINHERIT PASSWORD 'of-tests' IN ROLE {APPLICATION_ROLE}")
        application = await asyncpg.connect(
            dsn, user=name, password="of-tests", server_settings={"role": APPLICATION_ROLE}
        )
        await application.fetchval("SELECT set_config('role', 'none', false)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await application.fetch("SELECT * FROM organizations.organization")
        await application.close()
    finally:
        await admin.execute(f"DROP ROLE IF EXISTS {name}")
        await admin.close()


async def test_every_table_of_organizations_is_protected_also_from_its_owner(dsn):
    admin = await asyncpg.connect(dsn)
    try:
        rows = await admin.fetch(
            """
            SELECT c.oid::regclass::text AS name, c.relrowsecurity AND c.relforcerowsecurity AS is_protected
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r'
              AND EXISTS (SELECT FROM pg_policies WHERE schemaname = nspname AND tablename = relname)
            """
        )
    finally:
        await admin.close()

    assert rows
    assert [row["name"] for row in rows if not row["is_protected"]] == []


async def test_migrations_at_the_same_time_wait_for_each_other(postgres, database_name):
    names = [f"{database_name}_at_once_{number}" for number in range(2)]
    admin = await asyncpg.connect(postgres)
    try:
        urls = []
        for name in names:
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            await admin.execute(f'CREATE DATABASE "{name}"')
            urls.append(urlunsplit(urlsplit(postgres)._replace(path=f"/{name}")))

        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        running = [
            await asyncio.create_subprocess_exec(sys.executable, "-c", _MIGRATE, url, env=environment)
            for url in [*urls, urls[0]]
        ]
        assert [await process.wait() for process in running] == [0, 0, 0]

        assert [await pending(url, histories()) for url in urls] == [[], []]
    finally:
        for name in names:
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()
