"""Passwords are taken as they were typed, whatever they are made of, for as long as their owner wants."""

from datetime import timedelta

import pytest

from server import composition
from server.kernel.settings import SettingsError, read
from server.subdomains.identity.password_credentials.blocklist import common_passwords
from server.subdomains.identity.password_credentials.domain.passwords import PasswordRules
from server.subdomains.identity.password_credentials.settings import PasswordCredentialsSettings
from tests.harness import refusal, running
from tests.password_credentials.breached import most_frequent
from tests.signed_in import People, registration

_HUNDRED = "correct horse battery staple and many more words, so that there are a hundred characters in all of it"


@pytest.mark.parametrize(
    "password",
    [
        "kettle harbour moss",
        "x" * 24 + "q" * 40,
        "z" * 64,
        "ü" * 100 + "y" * 100,
        "🦊🐻🐼🐨🐯🦁🐮🐷",
        " leading and trailing ",
        "\t日本語のパスワード\t",
    ],
    ids=["words", "64", "64 equal", "200", "emoji", "spaces", "script"],
)
async def test_any_password_that_is_long_enough_signs_in(people, password):
    person, address = await people.register(password=password)
    await people.confirm(person.user.id)

    assert (await people.sign_in(address, password)).user_id == person.user.id


@pytest.mark.parametrize(
    ("fewest", "short", "enough"), [(8, "kettle_", "kettle_7"), (15, "kettle harbour", "kettle harbours")]
)
async def test_it_has_as_many_characters_as_operators_ask_for(server, monkeypatch, fewest, short, enough):
    monkeypatch.setenv("TENANTRY_PASSWORD_MIN_LENGTH", str(fewest))
    async with running(server.dsn, composition.compose) as found:
        service = People(found).service
        refused = await refusal(service.RegisterPerson(registration(password=short)))
        await service.RegisterPerson(registration(password=enough))

    assert refused.violations == {"password": "PASSWORD_TOO_SHORT"}


@pytest.mark.parametrize("fewest", [7, 16])
def test_operators_may_ask_for_eight_to_fifteen(monkeypatch, fewest):
    monkeypatch.setenv("TENANTRY_PASSWORD_MIN_LENGTH", str(fewest))

    with pytest.raises(SettingsError, match="TENANTRY_PASSWORD_MIN_LENGTH is wrong"):
        read(PasswordCredentialsSettings)


@pytest.mark.parametrize("place", [0, 72, 80, 99])
async def test_every_character_counts(people, place):
    password = (_HUNDRED * 2)[:100]
    person, address = await people.register(password=password)
    await people.confirm(person.user.id)

    other = password[:place] + "#" + password[place + 1 :]

    assert (await refusal(people.sign_in(address, other))).reason == "INVALID_CREDENTIALS"
    await people.sign_in(address, password)


@pytest.mark.parametrize("change", [str.upper, str.title, str.strip, lambda text: text + " ", lambda text: text[:-1]])
async def test_neither_case_nor_spaces_are_forgiven(people, change):
    password = " quiet harbour At dusk"
    person, address = await people.register(password=password)
    await people.confirm(person.user.id)

    assert (await refusal(people.sign_in(address, change(password)))).reason == "INVALID_CREDENTIALS"


async def test_three_thousand_common_passwords_of_the_right_length_are_refused(people):
    rules = PasswordRules(shortest=8, common=common_passwords(), product_name="Tenantry")
    frequent = most_frequent()
    refused = [password for password in frequent if rules.broken_by_anybodys(password)]
    assert len(refused) == len(set(frequent)) == 3000

    for password in frequent[::60]:
        given = await refusal(people.service.RegisterPerson(registration(password=password.upper())))
        assert given.violations == {"password": "PASSWORD_TOO_COMMON"}


async def test_a_password_does_not_grow_old(people, server):
    person = await people.person()

    server.clock.advance(timedelta(days=5 * 365))

    assert (await people.sign_in(person.email_address)).user_id == person.user_id
