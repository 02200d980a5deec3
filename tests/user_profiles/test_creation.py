"""A profile begins when its user registers, and follows the user's default organization."""

import json

import asyncpg
import pytest

from server.kernel import ids
from server.kernel.access.roles import Classification
from server.subdomains.user_profiles.application import UserProfilesApplication
from server.subdomains.user_profiles.domain import Name
from server.subdomains.user_profiles.errors import EmailAlreadyRegistered, ProfileExists
from tests.people import an_email


async def _profile(server, user_id):
    sql = "SELECT * FROM user_profiles.user_profile WHERE user_id = $1"
    [row] = await server.rows(sql, ids.decode("user", user_id))
    return row


@pytest.mark.parametrize("given", [None, "", "nonsense"])
async def test_what_nobody_knows_becomes_the_default(people, server, given):
    person = await people.register(timezone=given, locale=given, country_code=given)

    profile = await _profile(server, person.user_id)

    assert (profile["timezone"], profile["locale"], profile["country_code"]) == ("US/Pacific", "en-US", "USA")


async def test_what_is_known_is_kept_in_its_normal_form(people, server):
    person = await people.register(timezone="Pacific/Auckland", locale="mi-nz", country_code="554")

    profile = await _profile(server, person.user_id)

    assert (profile["timezone"], profile["locale"], profile["country_code"]) == ("Pacific/Auckland", "mi-NZ", "NZL")


async def test_testing_builds_know_one_more_time_zone(people, server):
    person = await people.register(timezone="testTimezone")

    assert (await _profile(server, person.user_id))["timezone"] == "testTimezone"


async def test_the_creation_is_published_with_what_differs_from_the_defaults(people, server):
    person = await people.register(timezone=None, locale="en-GB", country_code="GBR")

    profile_id = ids.encode("profile", (await _profile(server, person.user_id))["id"])

    assert await server.events(profile_id) == [
        "user_profiles.user_profile_created.v1",
        "user_profiles.email_address_changed.v1",
        "user_profiles.locale_changed.v1",
        "user_profiles.contact_address_changed.v1",
        "user_profiles.default_organization_changed.v1",
    ]


async def test_a_new_default_organization_is_followed_and_recorded(people, server):
    # given
    person = await people.register()

    # when
    shared = await people.create_organization(person)

    # then
    profile = await _profile(server, person.user_id)
    assert profile["default_organization_id"] == ids.decode("org", shared)
    usages = [json.loads(text) for text in await server.queued("usages", "User Profile Updated")]
    own = [usage["Additional"] for usage in usages if usage["Additional"]["UserIdOverride"] == person.user_id]
    expected = {
        "ResourceId": ids.encode("profile", profile["id"]),
        "UserIdOverride": person.user_id,
        "Name": "Ada Lovelace",
        "Classification": "person",
        "Timezone": "Europe/London",
        "Locale": "en-GB",
        "CountryCode": "GBR",
        "EmailAddress": person.email,
    }
    assert expected.items() <= own[-1].items()


async def _create(server, user_id, email):
    async with server.app.platform.begin() as uow:
        await UserProfilesApplication.of(server.app.platform).create_profile(
            uow,
            user_id=user_id,
            classification=Classification.PERSON,
            name=Name("Ada", "Lovelace"),
            email_address=email,
            timezone=None,
            locale=None,
            country_code=None,
            default_organization_id=None,
        )


async def test_a_user_has_one_profile(people, server):
    person = await people.register()

    with pytest.raises(ProfileExists):
        await _create(server, person.user_id, an_email())


async def test_an_address_has_one_profile(people, server):
    person = await people.register()

    with pytest.raises(EmailAlreadyRegistered):
        await _create(server, ids.new_id("user"), person.email)


async def test_a_person_without_an_address_has_none(server):
    with pytest.raises(asyncpg.CheckViolationError):
        await _create(server, ids.new_id("user"), None)
