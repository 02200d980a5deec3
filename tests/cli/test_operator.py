"""`tenantry operator add`: the first operator is made from the command line."""

from server.composition import histories
from server.kernel.ids import decode
from tests.cli.commands import tenantry
from tests.harness import fresh_database, running
from tests.people import People, compose


async def test_an_address_that_nobody_registered_is_said_in_words(postgres, database_name):
    async with fresh_database(postgres, f"{database_name}_operator", histories()) as dsn:
        code, said = await tenantry(dsn, "operator", "add", "nobody@example.com")

    assert code == 1
    assert said.startswith("Nobody has registered with nobody@example.com.")
    assert "Traceback" not in said


async def test_a_person_becomes_an_operator_and_is_one_however_often_it_is_said(postgres, database_name):
    name = f"{database_name}_new_operator"
    async with fresh_database(postgres, name, histories()) as dsn, running(dsn, compose) as server:
        person = await People(server).register()

        first = await tenantry(dsn, "operator", "add", person.email)
        second = await tenantry(dsn, "operator", "add", person.email)

        [user] = await server.rows("SELECT roles FROM users.end_user WHERE id = $1", decode("user", person.user_id))
    assert first == (0, f"{person.email} is an operator now.\n")
    assert second == (0, f"{person.email} is an operator already.\n")
    assert user["roles"] == ["platform_operations"]
