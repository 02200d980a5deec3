"""What tests of faults share: a database with two tables of their own, and ways to look at it from outside."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, insert, select, update

from server.kernel.database import Database
from server.kernel.database.types import TENANT, Id, tenant_table
from server.kernel.errors import AlreadyExists
from server.kernel.migrate import KERNEL, allow, protect
from tests.harness import fresh_database

metadata = MetaData(schema="faults")
thing = Table(
    "thing",
    metadata,
    Column("name", Text, primary_key=True),
    Column("amount", Integer, nullable=False),
)
owned = tenant_table("owned", metadata, Column("name", Text, primary_key=True))

ADD = insert(thing)
ADD_OWNED = insert(owned)
FIND = select(thing).where(thing.c.name == bindparam("name"))
LOCK = FIND.with_for_update()
SAVE = update(thing).where(thing.c.name == bindparam("which")).values(amount=bindparam("amount"))
LIST_OWNED = select(owned).where(owned.c.organization_id == bindparam(TENANT, type_=Id("org")))


class NameTaken(AlreadyExists):
    """There is a thing of this name."""

    reason = "NAME_TAKEN"


class _Statements:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def execute(self, sqltext: str) -> None:
        self.texts.append(sqltext)


@asynccontextmanager
async def fault_database(dsn: str, name: str, **options: Any) -> AsyncIterator[Database]:
    """A database of the kernel and the two tables, with the pool that the options ask for."""
    async with fresh_database(dsn, name, [KERNEL]) as url, fault_tables(url, **options) as database:
        yield database


@asynccontextmanager
async def fault_tables(url: str, **options: Any) -> AsyncIterator[Database]:
    """The two tables, in a database that has those of the kernel."""
    made = _Statements()
    made.execute("CREATE SCHEMA faults")
    made.execute("GRANT USAGE ON SCHEMA faults TO tenantry_app")
    made.execute("CREATE TABLE faults.thing (name text CONSTRAINT thing_pkey PRIMARY KEY, amount integer NOT NULL)")
    made.execute("CREATE TABLE faults.owned (organization_id uuid NOT NULL, name text PRIMARY KEY)")
    allow(made, "faults", "thing")
    allow(made, "faults", "owned")
    protect(made, "faults", "owned")
    admin = await asyncpg.connect(url)
    for text in made.texts:
        await admin.execute(text)
    await admin.close()
    database = Database(url, **options)
    try:
        yield database
    finally:
        await database.stop()


@asynccontextmanager
async def outside(database: Database) -> AsyncIterator[Any]:
    """A connection of an onlooker, who sees everything."""
    connection = await asyncpg.connect(database.pool._dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def backends(database: Database, state: str) -> int:
    """How many of the application's connections are in a state, as PostgreSQL says."""
    async with outside(database) as connection:
        found: int = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'tenantry' AND state = $1",
            state,
        )
        return found


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 3.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)
