"""`tenantry migrate`: the address of a database may be any that libpq and asyncpg understand."""

import asyncpg

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
