"""Nobody is there until somebody registers."""

from server import composition
from tests.harness import fresh_database, running

_TABLES = """
    SELECT table_schema || '.' || quote_ident(table_name) AS name FROM information_schema.tables
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'kernel') AND table_name != 'migration'
"""


async def test_a_fresh_database_holds_no_account_credential_or_key(postgres, database_name):
    async with (
        fresh_database(postgres, f"{database_name}_empty", composition.histories()) as dsn,
        running(dsn, composition.compose) as server,
    ):
        names = [table["name"] for table in await server.rows(_TABLES)]
        rows = {name: (await server.rows(f"SELECT count(*) AS rows FROM {name}"))[0]["rows"] for name in names}

    assert {"users.end_user", "password_credentials.person_credential", "auth_tokens.session"} <= rows.keys()
    assert {name: count for name, count in rows.items() if count} == {}
