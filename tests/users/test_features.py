"""Features follow the subscription: in an organization its tier, on the platform the highest of all."""

import json

import grpc
from tenantry.access.v1 import types_pb2
from tenantry.organizations.v1.organizations_service_pb2 import GetOrganizationRequest
from tenantry.organizations.v1.organizations_service_pb2_grpc import OrganizationsServiceStub
from tenantry.users.v1.users_service_pb2 import ChangeDefaultOrganizationRequest, GetUserRequest

from server.kernel import ids
from tests.harness import refusal
from tests.users.tiers import change_tier

_BASIC = [types_pb2.FEATURE_LEVEL_BASIC]
_PAID_TRIAL = [types_pb2.FEATURE_LEVEL_PAID_TRIAL, *_BASIC]
_PAID2 = [types_pb2.FEATURE_LEVEL_PAID2, *_PAID_TRIAL]


async def _features(users_service, user_id):
    user = (await users_service.GetUser(GetUserRequest(id=user_id))).user
    return list(user.features), [list(membership.features) for membership in user.memberships]


async def test_all_members_get_the_level_of_the_tier_at_once(people, users_service, server):
    # given
    owner, member, guest = await people.register(), await people.register(), None
    shared = await people.create_organization(owner)
    await people.join(member.user_id, shared)
    guest = await people.invite(organization_id=shared)

    # when
    await change_tier(server, shared, "professional")

    # then
    assert await _features(users_service, owner.user_id) == (_PAID2, [_PAID_TRIAL, _PAID2])
    assert await _features(users_service, member.user_id) == (_PAID2, [_PAID_TRIAL, _PAID2])
    assert await _features(users_service, guest.user_id) == ([], [_PAID2])


async def test_the_platform_keeps_what_another_organization_pays_for(people, users_service, server):
    person = await people.register()
    shared = await people.create_organization(person)

    await change_tier(server, shared, "unsubscribed")
    assert await _features(users_service, person.user_id) == (_PAID_TRIAL, [_PAID_TRIAL, _BASIC])

    await change_tier(server, person.organization_id, "unsubscribed")
    assert await _features(users_service, person.user_id) == (_BASIC, [_BASIC, _BASIC])


async def test_the_change_is_published_and_audited_for_whoever_it_concerns(people, server):
    person = await people.register()

    await change_tier(server, person.organization_id, "unsubscribed")
    await change_tier(server, person.organization_id, "unsubscribed")

    assert (await server.events(person.user_id))[-2:] == [
        "users.membership_features_reset.v1",
        "users.platform_features_reset.v1",
    ]
    [row] = await server.rows("SELECT version FROM users.end_user WHERE id = $1", ids.decode("user", person.user_id))
    assert row["version"] == len(await server.events(person.user_id))
    audits = [json.loads(text) for text in await server.queued("audits", person.user_id)]
    assert [audit["AuditCode"] for audit in audits] == [
        "EndUser.Registered.TermsAccepted",
        "EndUser.TenantFeaturesAssigned",
        "EndUser.PlatformFeaturesAssigned",
    ]
    assert audits[1]["Arguments"][1] == "tenant_basic_features"
    assert audits[2]["Arguments"][1] == "platform_basic_features"


async def test_the_next_call_meets_the_new_features(people, users_service, server):
    # given
    person = await people.register()
    request = ChangeDefaultOrganizationRequest(organization_id=person.organization_id)
    await users_service.ChangeDefaultOrganization(request, metadata=person.metadata)

    # when
    await change_tier(server, person.organization_id, "unsubscribed")

    # then
    refused = await refusal(users_service.ChangeDefaultOrganization(request, metadata=person.metadata))
    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "FEATURE_REQUIRED")
    answer = await OrganizationsServiceStub(server.channel).GetOrganization(
        GetOrganizationRequest(), metadata=person.metadata
    )
    assert answer.organization.id == person.organization_id


async def test_a_new_member_gets_what_the_organization_has_paid_for(people, users_service, server):
    # given
    owner, member = await people.register(), await people.register()
    shared = await people.create_organization(owner)
    await change_tier(server, shared, "professional")

    # when
    await people.join(member.user_id, shared)

    # then
    assert await _features(users_service, member.user_id) == (_PAID2, [_PAID_TRIAL, _PAID2])
    assert (await server.events(member.user_id))[-1] == "users.platform_features_reset.v1"


async def test_an_anonymous_machine_gets_in_shared_organizations_what_they_pay_for(people, users_service, server):
    # given
    machine, owner = await people.machine(is_anonymous=True), await people.register()
    shared = await people.create_organization(owner)

    # when
    await people.join(machine.user_id, shared)
    await change_tier(server, machine.organization_id, "professional")

    # then
    assert await _features(users_service, machine.user_id) == (_PAID_TRIAL, [_BASIC, _PAID_TRIAL])


async def test_an_organization_of_many_is_changed_whole(people, users_service, server):
    # given: more members than any list holds on a page
    owner = await people.register()
    shared = await people.create_organization(owner)
    await server.rows(
        """
        WITH members AS (
            INSERT INTO users.end_user
                (id, created_at, classification, status, access, is_registered_anonymously, host_region, email_address,
                 roles, level, version)
            SELECT gen_random_uuid(), now(), 'person', 'registered', 'enabled', false, 'unknown',
                   gen_random_uuid() || '@example.com', '{platform_standard}', 'basic_features', 0
            FROM generate_series(1, 1200) RETURNING id)
        INSERT INTO users.membership (id, user_id, organization_id, ownership, is_default, roles, level, created_at)
        SELECT gen_random_uuid(), id, $1, 'shared', true, '{tenant_member}', 'basic_features', now() FROM members
        """,
        ids.decode("org", shared),
    )

    # when
    await change_tier(server, shared, "enterprise")

    # then
    [row] = await server.rows(
        "SELECT count(*) FILTER (WHERE m.level = 'paid3_features' AND u.level = 'paid3_features') AS changed, "
        "count(*) AS members FROM users.membership m JOIN users.end_user u ON u.id = m.user_id "
        "WHERE m.organization_id = $1",
        ids.decode("org", shared),
    )
    assert (row["changed"], row["members"]) == (1201, 1201)
