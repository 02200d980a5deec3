"""One person, two ways in: a password here and an account elsewhere, in any order and at the same moment."""

import asyncio

from tenantry.password_credentials.v1.password_credentials_service_pb2 import ConfirmPersonRegistrationRequest

from server.kernel import ids
from tests.harness import refusal
from tests.signed_in import PASSWORD, new_address, registration
from tests.single_sign_on.clients import claims_of
from tests.single_sign_on.traces import accounts_of, users_of


async def test_a_password_that_was_planted_before_is_void(client, server, people):
    # given somebody who registers another one's address, and waits
    planted, address = await people.register()
    token = await people.confirmation_token(planted.user.id)

    # when its owner comes by a provider
    tokens = await client.sign_in(email=address)

    # then
    assert tokens.user_id == planted.user.id
    sql = "SELECT * FROM password_credentials.person_credential WHERE email_address = $1"
    [credential] = await server.rows(sql, address)
    assert (credential["password_hash"], credential["verification_token_digest"]) == (None, None)
    assert (await refusal(people.sign_in(address))).reason == "INVALID_CREDENTIALS"
    confirmed = people.service.ConfirmPersonRegistration(ConfirmPersonRegistrationRequest(token=token))
    assert (await refusal(confirmed)).reason == "REGISTRATION_TOKEN_NOT_FOUND"


async def test_a_refused_sign_in_leaves_the_registration_as_it_is(client, people):
    """Else anybody with an account at a provider could spoil the registrations of others."""
    person, address = await people.register()
    request = await client.come_back(email=address, email_verified=False)

    assert (await refusal(client.finish(request))).reason == "SSO_AUTHENTICATION_FAILED"

    await people.confirm(person.user.id)
    assert (await people.sign_in(address)).user_id == person.user.id


async def test_a_suspended_persons_registration_stays_as_it_is(client, people, server):
    person, address = await people.register()
    await people.suspend(person.user.id)

    assert (await refusal(client.sign_in(email=address))).reason == "ACCOUNT_SUSPENDED"

    sql = "SELECT password_hash FROM password_credentials.person_credential WHERE email_address = $1"
    [credential] = await server.rows(sql, address)
    assert credential["password_hash"] is not None


async def test_a_stranger_cannot_add_a_password_to_an_account_that_came_by_a_provider(client, people):
    claims = claims_of()
    owner = await client.sign_in(**claims)

    person, _ = await people.register(email_address=claims["email"], password=PASSWORD)
    await people.confirm(owner.user_id)

    assert person.user.id == owner.user_id
    assert (await refusal(people.sign_in(claims["email"], PASSWORD))).reason == "INVALID_CREDENTIALS"
    assert (await client.sign_in(**claims)).user_id == owner.user_id


async def test_a_registration_and_first_sign_ins_at_the_same_moment_are_one_person(client, server, people):
    """Whoever comes first: nobody waits for one who waits for them, and nobody is there twice."""
    for _ in range(3):
        claims = claims_of(email=new_address())
        requests = [await client.come_back(**claims) for _ in range(3)]
        register = registration(email_address=claims["email"])

        answers = await asyncio.gather(
            *[client.finish(request) for request in requests],
            *[people.service.RegisterPerson(register) for _ in range(3)],
        )

        [user_id] = await users_of(server, claims["email"])
        assert {answer.user_id for answer in answers[:3]} == {user_id}
        assert {answer.person.user.id for answer in answers[3:]} == {user_id}
        assert len(await accounts_of(server, user_id)) == 1
        sql = "SELECT count(*) FROM password_credentials.person_credential WHERE user_id = $1"
        assert (await server.rows(sql, ids.decode("user", user_id)))[0]["count"] == 1
