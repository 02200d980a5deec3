"""What all tables hold, for telling whether anything changed."""

from tests.harness import Running

_TABLES = """
SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""


async def tables(running: Running) -> list[str]:
    """The names of all tables, with their schemas."""
    return [row["name"] for row in await running.rows(_TABLES)]


async def fingerprints(running: Running) -> dict[str, tuple[int, int]]:
    """Of each table the number of rows and a sum over their contents."""
    one = "SELECT '{0}' AS name, count(*) AS rows, coalesce(sum(hashtextextended(t::text, 0)), 0) AS sum FROM {0} t"
    found = await running.rows(" UNION ALL ".join(one.format(name) for name in await tables(running)))
    return {row["name"]: (row["rows"], int(row["sum"])) for row in found}


async def contents(running: Running) -> dict[str, list[str]]:
    """The text of every row of each table."""
    return {
        name: [row["text"] for row in await running.rows(f"SELECT t::text AS text FROM {name} t")]
        for name in await tables(running)
    }


def changed(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> list[str]:
    """The tables that differ."""
    return [name for name in after if before.get(name) != after[name]]
