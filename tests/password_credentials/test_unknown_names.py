"""Names that nobody has: nobody can tell, by the answer or by the work."""

import re

import grpc
import pytest
from google.rpc.status_pb2 import Status
from tenantry.password_credentials.v1.password_credentials_service_pb2 import AuthenticateCredentialRequest

from server.kernel import ids
from server.kernel.access.caller import ANONYMOUS
from server.kernel.database.pool import Connection
from tests.harness import refusal
from tests.password_credentials.attempts import audit_code, audits_of, fail
from tests.password_credentials.resets import initiate
from tests.signed_in import PASSWORD, new_address


async def refused_bytes(people, address, password):
    request = AuthenticateCredentialRequest(username=address, password=password)
    try:
        await people.service.AuthenticateCredential(request, metadata=(("x-request-id", "the-same-one"),))
    except grpc.aio.AioRpcError as error:
        return error.code(), error.details(), tuple(error.trailing_metadata())
    raise AssertionError("the call was not refused")


async def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(people, server):
    # given
    known = (await people.person()).email_address
    unconfirmed = (await people.register())[1]
    without_password = await people.person()
    await server.rows(
        "UPDATE password_credentials.person_credential SET password_hash = NULL WHERE id = $1",
        ids.decode("cred", without_password.credential_id),
    )
    guest = await people.person()
    sql = "UPDATE users.end_user SET status = 'unregistered', email_address = NULL WHERE id = $1"
    await server.rows(sql, ids.decode("user", guest.user_id))

    # when
    answers = {
        await refused_bytes(people, new_address(), PASSWORD),
        await refused_bytes(people, known, "wrong"),
        await refused_bytes(people, unconfirmed, "wrong"),
        await refused_bytes(people, without_password.email_address, PASSWORD),
        await refused_bytes(people, guest.email_address, PASSWORD),
    }

    # then
    [(code, message, metadata)] = answers
    assert code is grpc.StatusCode.UNAUTHENTICATED
    assert message == "The name or the password is wrong."
    assert b"INVALID_CREDENTIALS" in Status.FromString(dict(metadata)["grpc-status-details-bin"]).SerializeToString()


@pytest.fixture
def statements(monkeypatch):
    """What PostgreSQL is asked to do, in order."""
    found = []
    fetch, execute = Connection.fetch, Connection.execute

    async def fetch_and_note(self, sql, arguments):
        found.append(sql)
        return await fetch(self, sql, arguments)

    async def execute_and_note(self, sql, arguments):
        found.append(sql)
        return await execute(self, sql, arguments)

    monkeypatch.setattr(Connection, "fetch", fetch_and_note)
    monkeypatch.setattr(Connection, "execute", execute_and_note)
    return found


async def statements_of(statements, call):
    statements.clear()
    await call
    return [sql for sql in statements if "pg_notify" not in sql]


async def test_an_unknown_name_costs_the_same_statements_as_a_known_one(people, statements, hashed):
    # given
    known, unknown = (await people.person()).email_address, new_address()

    for _ in range(5):
        # when
        hashed.clear()
        of_known = await statements_of(statements, fail(people, known, 1))
        hashed_for_known = len(hashed)
        hashed.clear()
        of_unknown = await statements_of(statements, fail(people, unknown, 1))

        # then
        assert of_known == of_unknown
        assert hashed_for_known == len(hashed) == 1


async def test_a_locked_name_that_nobody_has_costs_the_same_statements_as_one_that_exists(people, statements):
    # given
    known, unknown = (await people.person()).email_address, new_address()
    for address in (known, unknown):
        await fail(people, address, 5)

    # when
    of_known = await statements_of(statements, refusal(people.sign_in(known)))
    of_unknown = await statements_of(statements, refusal(people.sign_in(unknown)))

    # then
    assert of_known == of_unknown


async def test_a_reset_of_an_unknown_address_costs_the_same_statements_as_that_of_a_known_one(people, statements):
    known, unknown = (await people.person()).email_address, new_address()

    of_known = await statements_of(statements, initiate(people, known))
    of_unknown = await statements_of(statements, initiate(people, unknown))

    assert of_known == of_unknown


async def test_to_register_a_known_address_again_costs_what_the_first_time_cost(people, statements):
    confirmed, unconfirmed = (await people.person()).email_address, (await people.register())[1]

    first = await statements_of(statements, people.register())
    again = [await statements_of(statements, people.register(email_address=each)) for each in (confirmed, unconfirmed)]

    assert sum("INSERT INTO users.end_user" in sql for sql in first) == 1
    assert [inserts_of(each) for each in again] == [inserts_of(first)] * 2


def inserts_of(statements):
    """The tables that rows were put into, as often as that was done; but for queued messages, which are some more."""
    found = [table for sql in statements for table in re.findall(r"INSERT INTO ([a-z_.]+)", sql)]
    return sorted(table for table in found if table != "kernel.delivery")


async def test_wrong_passwords_are_audited_against_whom_they_concern(people, server):
    person = await people.person()
    before = len(await audits_of(server, ANONYMOUS))

    await fail(people, person.email_address, 1)
    await fail(people, new_address(), 1)

    assert (await audits_of(server, person.user_id))[-1] == audit_code("Failed.InvalidCredentials")
    assert (await audits_of(server, ANONYMOUS))[before:] == [audit_code("Failed.InvalidCredentials")]


async def test_a_right_password_costs_eleven_statements(people, statements):
    """None of those that hide unknown names, and none that is sent only because another one may not wait."""
    address = (await people.person()).email_address

    assert len(await statements_of(statements, people.sign_in(address))) == 11
