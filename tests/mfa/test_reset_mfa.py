"""ResetMfa: operators help somebody who has lost every second factor."""

import json

import grpc
import pytest
from tenantry.mfa.v1.mfa_service_pb2 import ResetMfaRequest

from server.kernel import ids
from server.subdomains.users.operators import add_operator
from tests.harness import refusal
from tests.mfa.factors import SMS, TOTP, with_token


@pytest.fixture
def operate(server, factors, people, monkeypatch):
    """Reset somebody as an operator; the answer and who the operator is."""

    async def reset(user_id):
        operator = await people.person()
        monkeypatch.setenv("TENANTRY_DATABASE_URL", server.dsn)
        await add_operator(operator.email_address)
        operator_tokens = await people.sign_in(operator.email_address)
        metadata = (("authorization", f"Bearer {operator_tokens.access_token.value}"),)
        answer = await factors.service.ResetMfa(ResetMfaRequest(user_id=user_id), metadata=metadata)
        return answer.credential, operator

    return reset


async def test_everything_is_taken_away(factors, people, server, operate):
    # given
    enrolled = await factors.enrolled(TOTP, SMS)
    person, token = enrolled.person, await factors.token(enrolled.person)
    sql = "UPDATE password_credentials.person_credential SET mfa_can_be_disabled = false WHERE id = $1"
    await server.rows(sql, ids.decode("cred", person.credential_id))

    # when
    credential, operator = await operate(person.user_id)

    # then
    assert (credential.id, credential.is_mfa_enabled, credential.user.id) == (
        person.credential_id,
        False,
        person.user_id,
    )
    assert (await factors.events(person))[-4:] == ["authenticator_removed"] * 3 + ["state_reset"]
    assert (await refusal(factors.listed(with_token(token)))).reason == "MFA_TOKEN_INVALID"
    assert (await people.sign_in(person.email_address)).user_id == person.user_id
    sql = "SELECT is_mfa_enabled, mfa_can_be_disabled FROM password_credentials.person_credential WHERE id = $1"
    [row] = await server.rows(sql, ids.decode("cred", person.credential_id))
    assert tuple(row) == (False, True)
    [audit] = [
        json.loads(text)
        for text in await server.queued("audits", f'"AgainstId":"{person.user_id}"')
        if ".Mfa.Reset" in text
    ]
    assert audit["Arguments"] == [operator.user_id, person.user_id]


async def test_sessions_go_on(factors, operate):
    enrolled = await factors.enrolled()

    await operate(enrolled.person.user_id)

    assert not (await factors.switch(enrolled.person, is_enabled=False)).is_mfa_enabled


@pytest.mark.parametrize("column", ["verified_at", "password_hash"])
async def test_nothing_happens_to_a_credential_that_is_not_complete(factors, people, server, operate, column):
    person = await people.person()
    sql = f"UPDATE password_credentials.person_credential SET {column} = NULL WHERE id = $1"
    await server.rows(sql, ids.decode("cred", person.credential_id))

    credential, _ = await operate(person.user_id)

    assert (credential.id, credential.is_mfa_enabled) == (person.credential_id, False)
    assert await factors.events(person) == []
    assert await factors.audits(person) == []


async def test_nobody_has_a_credential_by_an_unknown_id(operate):
    refused = await refusal(operate(ids.new_id("user")))

    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "CREDENTIAL_NOT_FOUND")


async def test_only_operators_may(factors):
    enrolled = await factors.enrolled()
    request = ResetMfaRequest(user_id=enrolled.person.user_id)

    refused = await refusal(factors.service.ResetMfa(request, metadata=enrolled.person.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
    assert len(await factors.listed(enrolled.person.metadata)) == 2
