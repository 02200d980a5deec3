"""A statement is parsed once on each connection, and keeps its plans: without that every read costs twice as much."""

from typing import Any

import asyncpg

from server.kernel.database import Database


async def test_a_statement_is_prepared_once_on_a_connection(database: Database) -> None:
    connection = await database.pool.acquire()
    try:
        for number in range(7):
            await connection.fetch("SELECT $1::integer AS number", [number])
        prepared = await connection.raw.fetch(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%AS number'"
        )
    finally:
        database.pool.release(connection)
    assert [tuple(row) for row in prepared] == [(2, 5)]


async def test_a_statement_goes_on_when_a_migration_has_changed_its_table(
    database: Database, onlooker: "asyncpg.Connection[Any]"
) -> None:
    # given
    await onlooker.execute(
        "CREATE TABLE probe.changing AS SELECT 1 AS number; GRANT SELECT ON probe.changing TO PUBLIC"
    )
    connection = await database.pool.acquire()
    try:
        before = await connection.fetch("SELECT * FROM probe.changing", [])

        # when
        await onlooker.execute("ALTER TABLE probe.changing ADD COLUMN text text DEFAULT 'new'")
        after = await connection.fetch("SELECT * FROM probe.changing", [])
    finally:
        database.pool.release(connection)
        await onlooker.execute("DROP TABLE probe.changing")

    # then
    assert [tuple(row) for row in before] == [(1,)]
    assert [tuple(row) for row in after] == [(1, "new")]
