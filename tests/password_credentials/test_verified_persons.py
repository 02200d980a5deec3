"""What other subdomains may ask about persons whose address is proven, within their own transaction."""

import asyncio

import pytest

from server.kernel import ids
from server.kernel.access.caller import service_call, set_current_call
from server.subdomains.identity.api_keys.api import ApiKeysApi
from server.subdomains.identity.auth_tokens.api import AuthTokensApi
from server.subdomains.identity.password_credentials.api import (
    CredentialTaken,
    PasswordCredentialsApi,
    Registration,
)
from server.subdomains.users.api import UsersApi
from tests.harness import refusal
from tests.password_credentials.attempts import fail
from tests.password_credentials.resets import CREDENTIAL, NEW_PASSWORD, begin, mails_to, row_of, verify
from tests.signed_in import PASSWORD, new_address

_TOKENS = "SELECT count(*) AS number FROM password_credentials_testing.confirmation_token WHERE credential_id = $1"


@pytest.fixture
def api(server):
    return PasswordCredentialsApi.of(server.app.platform)


def particulars(address, **changes):
    given = {
        "email_address": address,
        "first_name": "Bob",
        "last_name": "Marley",
        "password": NEW_PASSWORD,
        "timezone": "Pacific/Auckland",
        "locale": "en-NZ",
        "country_code": "NZL",
    }
    return Registration(**(given | changes))


async def register(server, api, address, **changes):
    """Register the owner of an address, as a subdomain does that has seen to it."""
    registration = particulars(address, **changes)
    assert list(api.violations_of_registration(registration)) == []
    password_hash = await api.hash_password(registration.password)
    async with server.app.platform.begin() as uow:
        return await api.register_verified_person(uow, registration, password_hash=password_hash)


async def profile_of(server, user_id):
    sql = """
        SELECT first_name, last_name, display_name, timezone, locale, country_code, email_address
        FROM user_profiles.user_profile WHERE user_id = $1
    """
    [row] = await server.rows(sql, ids.decode("user", user_id))
    return dict(row)


def bob(address):
    return {
        "first_name": "Bob",
        "last_name": "Marley",
        "display_name": "Bob",
        "timezone": "Pacific/Auckland",
        "locale": "en-NZ",
        "country_code": "NZL",
        "email_address": address,
    }


async def test_a_new_person_is_confirmed_at_once_and_gets_no_mail(people, server, api):
    address = new_address()

    credential = await register(server, api, address.upper())

    assert (credential.is_verified, credential.has_password, credential.email_address) == (True, True, address)
    assert await mails_to(server, address) == []
    assert await server.events(credential.id) == [
        f"{CREDENTIAL}created.v1",
        f"{CREDENTIAL}credentials_changed.v1",
        f"{CREDENTIAL}registration_changed.v1",
        f"{CREDENTIAL}registration_verification_verified.v1",
    ]
    usages = await server.queued("usages", credential.user_id)
    assert any('"User Registered"' in text for text in usages)
    assert await profile_of(server, credential.user_id) == bob(address)
    assert (await people.sign_in(address, NEW_PASSWORD)).user_id == credential.user_id


async def test_an_unconfirmed_registration_is_replaced_and_its_user_stays(people, server, api):
    # given
    person, address = await people.register(first_name="Eve", last_name="Mallory", password="planted by eve")
    token = await people.confirmation_token(person.user.id)

    # when
    credential = await register(server, api, address)

    # then
    assert (credential.id, credential.user_id) == (person.id, person.user.id)
    assert await profile_of(server, person.user.id) == bob(address)
    assert (await row_of(server, person.id))["name"] == "Bob"
    [row] = await server.rows(_TOKENS, ids.decode("cred", person.id))
    assert row["number"] == 0
    old = await refusal(people.sign_in(address, "planted by eve"))
    assert old.reason == "INVALID_CREDENTIALS"
    assert (await people.sign_in(address, NEW_PASSWORD)).user_id == person.user.id
    assert (await row_of(server, person.id))["verification_token_digest"] is None
    assert (await server.events(person.id))[4:7] == [
        f"{CREDENTIAL}credentials_changed.v1",
        f"{CREDENTIAL}registration_changed.v1",
        f"{CREDENTIAL}registration_verification_verified.v1",
    ]
    assert len(await mails_to(server, address)) == 1
    assert token not in str(await row_of(server, person.id))


async def test_a_token_of_the_registration_that_was_replaced_confirms_nothing(people, server, api):
    person, address = await people.register()
    await register(server, api, address)

    assert (await refusal(people.confirmation_token(person.user.id))).reason == "REGISTRATION_ALREADY_VERIFIED"


async def test_keys_and_sessions_of_whoever_registered_first_are_void(people, server, api):
    # given
    person, address = await people.register()
    user_id, now = person.user.id, server.clock()
    platform = server.app.platform
    set_current_call(service_call("whoever planted them"))
    async with platform.begin() as uow:
        user = await UsersApi.of(platform).lock_user(uow, user_id)
        assert user is not None
        await ApiKeysApi.of(platform).create(uow, user_id=user_id, name="planted", expires_at=None)
        await AuthTokensApi.of(platform).issue(uow, user=user, amr=["pwd"], provider="credentials", auth_time=now)

    # when
    await register(server, api, address)

    # then
    for table in ("api_keys.api_key", "auth_tokens.session"):
        rows = await server.rows(f"SELECT revoked_at FROM {table} WHERE user_id = $1", ids.decode("user", user_id))
        assert [row["revoked_at"] is not None for row in rows] == [True]


async def test_guesses_at_the_planted_password_lock_nobody_out(people, server, api):
    _, address = await people.register()
    await fail(people, address, 5)

    credential = await register(server, api, address)

    assert (await people.sign_in(address, NEW_PASSWORD)).user_id == credential.user_id


async def test_a_confirmed_registration_is_not_touched(people, server, api):
    person = await people.person()
    before = await row_of(server, person.credential_id)

    with pytest.raises(CredentialTaken):
        await register(server, api, person.email_address)

    assert await row_of(server, person.credential_id) == before
    assert (await people.sign_in(person.email_address, PASSWORD)).user_id == person.user_id


async def test_somebody_who_came_without_a_password_is_not_touched(people, server, api):
    person = await people.person()
    sql = "DELETE FROM password_credentials.person_credential WHERE id = $1"
    await server.rows(sql, ids.decode("cred", person.credential_id))

    with pytest.raises(CredentialTaken):
        await register(server, api, person.email_address)


@pytest.mark.parametrize("is_registered", [False, True])
async def test_of_two_at_once_one_registers(people, server, api, is_registered):
    address = (await people.register())[1] if is_registered else new_address()

    answers = await asyncio.gather(*(register(server, api, address) for _ in range(2)), return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["Credential", "CredentialTaken"]


async def test_what_registering_refuses_is_refused_here_too(api):
    given = particulars("nobody", first_name="<", password="short", locale="?")

    violations = {found.field: found.reason for found in api.violations_of_registration(given)}

    assert violations == {
        "email_address": "INVALID_EMAIL_ADDRESS",
        "first_name": "INVALID_FIRST_NAME",
        "password": "PASSWORD_TOO_SHORT",
        "locale": "INVALID_LOCALE",
    }


async def test_an_address_is_verified_once_its_registration_is_confirmed(people, server, api):
    person, address = await people.register()

    async def addresses():
        async with server.app.platform.begin() as uow:
            return await api.verified_addresses(uow, person.user.id)

    assert await addresses() == []
    await people.confirm(person.user.id)
    assert await addresses() == [address]


async def void(server, api, user_id):
    async with server.app.platform.begin() as uow:
        return await api.void_unconfirmed(uow, user_id)


async def test_what_was_planted_is_taken_away(people, server, api):
    # given
    person, address = await people.register(password="planted by eve")
    token = await people.confirmation_token(person.user.id)

    # when
    assert await void(server, api, person.user.id)

    # then
    row = await row_of(server, person.id)
    assert (row["password_hash"], row["verification_token_digest"], row["verified_at"]) == (None, None, None)
    assert (await server.events(person.id))[-1] == f"{CREDENTIAL}credentials_changed.v1"
    assert (await refusal(people.sign_in(address, "planted by eve"))).reason == "INVALID_CREDENTIALS"
    assert (await refusal(people.confirmation_token(person.user.id))).reason == "CREDENTIAL_NOT_FOUND"
    assert token not in str(row)


async def test_the_owner_sets_a_password_later_by_the_mails_alone(people, server, api):
    # given
    person, address = await people.register(password="planted by eve")
    await void(server, api, person.user.id)

    # when
    await people.register(email_address=address)
    await people.confirm(person.user.id)

    # then
    assert (await mails_to(server, address))[-1]["Html"]["Subject"] == "Reset your Tenantry password"


async def test_a_confirmed_registration_is_not_voided(people, server, api):
    person = await people.person()
    token = await begin(people, server, person)
    before = await row_of(server, person.credential_id)

    assert not await void(server, api, person.user_id)

    assert await row_of(server, person.credential_id) == before
    await verify(people, token)


async def test_somebody_without_a_registration_has_nothing_to_void(server, api):
    assert not await void(server, api, ids.new_id("user"))
