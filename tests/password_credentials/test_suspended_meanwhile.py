"""A suspension that commits while somebody signs in: refused and audited as any other, and nothing is left behind."""

import asyncio
import json

import pytest

from server.kernel import ids
from server.kernel.access.caller import MAINTENANCE
from server.subdomains.users.repository.end_users import EndUserRepository
from tests.harness import refusal
from tests.password_credentials.attempts import audit_code, audits_of
from tests.signed_in import new_address

_ATTEMPT = "password_credentials.person_credential_password_verified.v1"


@pytest.mark.parametrize("is_mfa_enabled", [False, True])
async def test_who_is_suspended_while_signing_in_is_refused_as_one_who_was_before(people, server, is_mfa_enabled):
    # given: a suspension that is about to commit
    person = await people.person(email_address=new_address())
    sql = "UPDATE password_credentials.person_credential SET is_mfa_enabled = $2 WHERE id = $1"
    await server.rows(sql, ids.decode("cred", person.credential_id), is_mfa_enabled)
    attempts = (await server.events(person.credential_id)).count(_ATTEMPT)
    async with server.app.platform.begin() as uow:
        users = EndUserRepository(uow)
        user = await users.get(person.user_id)
        user.suspend(MAINTENANCE)
        await users.save(user)

        # when
        sign_in = asyncio.create_task(refusal(people.sign_in(person.email_address)))
        await server.until_somebody_waits_for_a_lock()

    # then
    assert (await sign_in).reason == "ACCOUNT_SUSPENDED"
    assert (await audits_of(server, person.user_id))[-1] == audit_code("Failed.AccountSuspended")
    assert (await server.events(person.credential_id)).count(_ATTEMPT) == attempts + 1
    sql = "SELECT underway FROM password_credentials.login_monitor WHERE underway <> '{}'"
    assert [json.loads(row["underway"]) for row in await server.rows(sql)] == []
