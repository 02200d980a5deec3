"""Who locks what first: a credential before its user, so that no two calls wait for each other for ever."""

import asyncio

from server.kernel import ids
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.security.secrets import random_token
from server.subdomains.identity.auth_tokens.api import AuthTokensApi
from server.subdomains.identity.password_credentials.api import SecondFactors
from server.subdomains.identity.password_credentials.repository import CredentialRepository
from server.subdomains.users.api import UsersApi
from server.subdomains.users.repository.end_users import EndUserRepository
from tests.harness import refusal
from tests.password_credentials.resets import begin, complete
from tests.signed_in import registration


async def test_a_registration_waits_for_a_sign_in_without_being_in_its_way(people, server):
    # given: a sign-in that has locked the credential, and comes to the user next
    person = await people.person()
    platform = server.app.platform
    request = registration(email_address=person.email_address, invitation_token=random_token())
    async with platform.begin() as uow:
        await CredentialRepository(uow).find_by_email_address(person.email_address)

        # when: somebody registers the address again, with an invitation that nobody knows
        registering = asyncio.create_task(_register(people, request))
        await server.until_somebody_waits_for_a_lock()

        # then
        assert await UsersApi.of(platform).hold_access(uow, person.user_id)
    await registering


async def _register(people, request):
    await people.service.RegisterPerson(request)


async def test_a_reset_of_a_password_waits_for_a_suspension_without_being_in_its_way(people, server):
    # given: somebody with a session and a half-done sign-in, whose suspension has come as far as the sessions
    person = await people.person()
    sql = "UPDATE password_credentials.person_credential SET is_mfa_enabled = true WHERE id = $1"
    await server.rows(sql, ids.decode("cred", person.credential_id))
    assert (await refusal(people.sign_in(person.email_address))).reason == "MFA_REQUIRED"
    token, platform = await begin(people, server, person), server.app.platform
    set_current_call(service_call("a suspension"))
    async with platform.begin() as uow:
        await EndUserRepository(uow).get(person.user_id)
        await AuthTokensApi.of(platform).revoke_all(uow, person.user_id)

        # when
        resetting = asyncio.create_task(complete(people, token))
        await server.until_somebody_waits_for_a_lock()

        # then
        await platform.answers[SecondFactors].forget_sign_in(uow, user_id=person.user_id)
    await resetting
