"""A registration: everything that follows from it stands in the same transaction, or nothing does."""

import asyncio
import json

import pytest
from tenantry.access.v1 import types_pb2
from tenantry.users.v1.users_service_pb2 import GetUserRequest

from server.kernel import ids
from server.kernel.access.roles import Classification, FeatureLevel, PlatformRole
from server.subdomains.users.api import EmailTaken, UsersApi
from tests.people import an_email, registration

_COUNTS = """
    SELECT (SELECT count(*) FROM users.end_user) AS users,
           (SELECT count(*) FROM users.membership) AS memberships,
           (SELECT count(*) FROM user_profiles.user_profile) AS profiles,
           (SELECT count(*) FROM organizations.organization) AS organizations,
           (SELECT count(*) FROM organizations.member) AS members,
           (SELECT count(*) FROM subscriptions.subscription) AS subscriptions,
           (SELECT count(*) FROM kernel.event) AS events,
           (SELECT count(*) FROM kernel.delivery) AS deliveries
"""


async def _counts(server):
    [row] = await server.rows(_COUNTS)
    return dict(row)


async def test_a_new_person_is_a_registered_person_with_the_paid_features(people):
    user = (await people.register()).user

    assert user.is_new
    assert user.is_registered
    assert not user.is_suspended
    assert user.classification is Classification.PERSON
    assert user.roles == [PlatformRole.STANDARD]
    assert user.features == [FeatureLevel.PAID_TRIAL, FeatureLevel.BASIC]
    assert user.default_organization_id is not None


async def test_the_same_person_is_found_again_by_the_address(people, server):
    # given
    person = await people.register()
    before = await _counts(server)

    # when
    again = await people.register(email=person.email, first_name="Somebody", last_name="Else")

    # then
    assert not again.user.is_new
    assert again.user.id == person.user.id
    assert await _counts(server) == before


async def test_everything_is_published_in_order(people, server):
    person = await people.register()

    assert await server.events(person.user_id) == [
        "users.end_user_created.v1",
        "users.end_user_registered.v1",
        "users.membership_added.v1",
        "users.default_membership_changed.v1",
    ]
    assert await server.events(person.organization_id) == [
        "organizations.organization_created.v1",
        "organizations.billing_subscribed.v1",
        "organizations.organization_membership_added.v1",
    ]
    [subscription] = await server.rows(
        "SELECT id, buyer_id FROM subscriptions.subscription WHERE organization_id = $1",
        ids.decode("org", person.organization_id),
    )
    assert subscription["buyer_id"] == ids.decode("user", person.user_id)
    assert await server.events(ids.encode("billsub", subscription["id"])) == [
        "subscriptions.subscription_created.v1",
        "subscriptions.provider_changed.v1",
    ]


async def test_the_event_says_who_registered(people, server):
    person = await people.register(first_name="Grace", last_name="Hopper")

    [row] = await server.rows(
        "SELECT data FROM kernel.event WHERE aggregate_id = $1 AND name = 'users.end_user_registered.v1'",
        ids.decode("user", person.user_id),
    )

    assert json.loads(row["data"]) == {
        "user_id": person.user_id,
        "classification": "person",
        "access": "enabled",
        "status": "registered",
        "roles": ["platform_standard"],
        "features": ["platform_paidtrial_features", "platform_basic_features"],
        "username": person.email,
        "user_profile": {
            "first_name": "Grace",
            "last_name": "Hopper",
            "timezone": "Europe/London",
            "locale": "en-GB",
            "country_code": "GBR",
        },
    }


async def test_audits_and_usages_are_queued_with_it(people, server):
    person = await people.register()

    audits = [json.loads(text) for text in await server.queued("audits", person.user_id)]
    assert [(audit["AuditCode"], audit["AgainstId"]) for audit in audits] == [
        ("EndUser.Registered.TermsAccepted", person.user_id)
    ]
    usages = [json.loads(text) for text in await server.queued("usages", person.user_id)]
    by_name = {usage["EventName"]: usage["Additional"] for usage in usages}
    assert set(by_name) == {
        "Audited",
        "User Registration Created",
        "Membership Added",
        "User Profile Updated",
        "Organization Created",
    }
    expected = {
        "ResourceId": person.user_id,
        "UserIdOverride": person.user_id,
        "Name": "Ada Lovelace",
        "EmailAddress": person.email,
    }
    assert expected.items() <= by_name["User Registration Created"].items()
    assert by_name["Membership Added"]["TenantIdOverride"] == person.organization_id
    assert by_name["Organization Created"]["Ownership"] == "personal"


async def test_two_registrations_of_one_address_at_once_give_one_person(people, server):
    # given
    email = an_email()

    # when
    found = await asyncio.gather(*(people.register(email=email) for _ in range(8)), return_exceptions=True)

    # then
    registered = [each for each in found if not isinstance(each, BaseException)]
    refused = [each for each in found if isinstance(each, BaseException)]
    assert [each.user.is_new for each in registered].count(True) == 1
    assert {type(each) for each in refused} <= {EmailTaken}
    assert {each.user.id for each in registered} == {(await people.register(email=email)).user.id}
    [row] = await server.rows("SELECT count(*) FROM users.end_user WHERE email_address = $1", email)
    assert row["count"] == 1
    [row] = await server.rows("SELECT count(*) FROM user_profiles.user_profile WHERE email_address = $1", email)
    assert row["count"] == 1


async def test_the_loser_of_a_race_is_told_that_the_address_is_taken(people, server):
    # given: a first registration that has not ended when a second one looks for the address
    email, platform = an_email(), server.app.platform
    users = UsersApi.of(platform)
    async with platform.begin() as first:
        await users.register_person(first, **registration(email=email))
        second = asyncio.create_task(people.register(email=email))
        await asyncio.sleep(0.2)

    # then
    with pytest.raises(EmailTaken) as refused:
        await second
    assert refused.value.reason == "EMAIL_ALREADY_REGISTERED"


_TABLES = [
    "users.end_user",
    "users.membership",
    "user_profiles.user_profile",
    "organizations.organization",
    "organizations.member",
    "subscriptions.subscription",
    "kernel.event",
    "kernel.delivery",
]


@pytest.mark.parametrize("table", _TABLES)
async def test_when_any_part_fails_nothing_is_left(people, server, table):
    # given: a part of the database that cannot take its rows
    before = await _counts(server)
    broken = f"{table.partition('.')[2]}_gone"
    await server.rows(f"ALTER TABLE {table} RENAME TO {broken}")

    # when
    try:
        with pytest.raises(Exception, match="does not exist"):
            await people.register()
    finally:
        await server.rows(f"ALTER TABLE {table.partition('.')[0]}.{broken} RENAME TO {table.partition('.')[2]}")

    # then
    assert await _counts(server) == before
    assert (await people.register()).user.is_new


@pytest.mark.parametrize("table", _TABLES)
async def test_when_the_last_moment_fails_nothing_is_left(people, server, table):
    # given: a part that is refused only as the transaction commits
    before = await _counts(server)
    await server.rows(
        "CREATE OR REPLACE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'refused at the commit'; END $$"
    )
    await server.rows(
        f"CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION public.refuse()"
    )

    # when
    try:
        with pytest.raises(Exception, match="refused at the commit"):
            await people.register()
    finally:
        await server.rows(f"DROP TRIGGER refuse ON {table}")

    # then
    assert await _counts(server) == before


async def test_a_whitelisted_address_makes_an_operator(people, server, monkeypatch):
    email = an_email()
    monkeypatch.setenv("TENANTRY_OPERATOR_WHITELIST", f"nonsense; {email.upper()}, other@example.com")
    users = UsersApi.of(server.app.platform)

    async with server.app.platform.begin() as uow:
        user = await users.register_person(uow, **registration(email=email))

    assert user.roles == [PlatformRole.OPERATIONS, PlatformRole.STANDARD]


async def test_nobody_else_becomes_an_operator(people):
    assert (await people.register()).user.roles == [PlatformRole.STANDARD]


async def test_a_machine_owns_its_personal_organization_and_pays_nothing(people, users_service):
    machine = await people.machine()

    user = (await users_service.GetUser(GetUserRequest(id=machine.user_id))).user

    assert user.classification == types_pb2.USER_CLASSIFICATION_MACHINE
    assert user.features == [types_pb2.FEATURE_LEVEL_PAID_TRIAL, types_pb2.FEATURE_LEVEL_BASIC]
    assert user.memberships[0].roles == [types_pb2.TENANT_ROLE_OWNER, types_pb2.TENANT_ROLE_MEMBER]


async def test_an_anonymous_machine_has_the_free_features_everywhere_of_its_own(people, users_service):
    machine = await people.machine(is_anonymous=True)

    user = (await users_service.GetUser(GetUserRequest(id=machine.user_id))).user

    assert user.features == [types_pb2.FEATURE_LEVEL_BASIC]
    assert user.memberships[0].features == [types_pb2.FEATURE_LEVEL_BASIC]
