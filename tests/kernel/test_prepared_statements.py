"""A statement is parsed once on each connection, and keeps its plans: without that every read costs twice as much."""

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
