"""`tenantry migrate`: databases as others run them, with addresses and logins of their own."""

from urllib.parse import urlsplit, urlunsplit

import asyncpg

from server.kernel.database import Database
from server.kernel.migrate import KERNEL, migrate, pending
from tests.harness import fresh_database


async def test_an_address_may_say_how_to_use_tls(postgres, database_name):
    async with fresh_database(postgres, f"{database_name}_tls", []) as dsn:
        address = f"{dsn}{'&' if '?' in dsn else '?'}sslmode=prefer"

        await migrate(address, [KERNEL])

        assert await pending(address, [KERNEL]) == []
        connection = await asyncpg.connect(address)
        assert await connection.fetchval("SELECT to_regclass('kernel.event') IS NOT NULL")
        await connection.close()


async def test_a_login_that_is_no_superuser_migrates_and_then_works_as_the_application(postgres, database_name):
    # given a login that owns the database and may make roles, as docs/operators.md says
    login, words = f"{database_name}_login", "a login of the tests"
    async with fresh_database(postgres, f"{database_name}_owned", []) as dsn:
        administrator = await asyncpg.connect(dsn)
        name = urlsplit(dsn).path.removeprefix("/")
        # The role may be there from another database of this server; then an administrator has granted it.
        await administrator.execute(f"CREATE ROLE \"{login}\" LOGIN CREATEROLE PASSWORD '{words}'")
        await administrator.execute(f'GRANT tenantry_app TO "{login}" WITH ADMIN OPTION')
        await administrator.execute(f'ALTER DATABASE "{name}" OWNER TO "{login}"')
        own = as_login(dsn, login, words)

        # when
        await migrate(own, [KERNEL])

        # then
        assert await pending(own, [KERNEL]) == []
        database = Database(own, pool_size=1)
        connection = await database.pool.acquire()
        assert await connection.raw.fetchval("SELECT current_user") == "tenantry_app"
        database.pool.release(connection)
        await database.stop()
        await administrator.close()
    await forget(postgres, login)


def as_login(dsn: str, login: str, words: str) -> str:
    """The same database, for another login."""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{login}:{words.replace(' ', '%20')}@{host}"))


async def forget(postgres: str, login: str) -> None:
    administrator = await asyncpg.connect(postgres)
    await administrator.execute(f'DROP ROLE "{login}"')
    await administrator.close()
