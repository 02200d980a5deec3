"""`tenantry operator add`: the first operator is made from the command line."""

from server.composition import histories
from tests.cli.commands import tenantry
from tests.harness import fresh_database


async def test_an_address_that_nobody_registered_is_said_in_words(postgres, database_name):
    async with fresh_database(postgres, f"{database_name}_operator", histories()) as dsn:
        code, said = await tenantry(dsn, "operator", "add", "nobody@example.com")

    assert code == 1
    assert said.startswith("Nobody has registered with nobody@example.com.")
    assert "Traceback" not in said
