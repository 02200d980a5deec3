"""Who locks what first: a credential before its user, so that no two calls wait for each other for ever."""

import asyncio

from server.kernel.security.secrets import random_token
from server.subdomains.identity.password_credentials.repository import CredentialRepository
from server.subdomains.users.api import UsersApi
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
