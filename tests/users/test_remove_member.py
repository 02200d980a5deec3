"""UsersApi.remove_member: somebody is no longer a member of a shared organization."""

import asyncio
import json

import grpc
import pytest
from tenantry.organizations.v1.organizations_service_pb2 import GetOrganizationRequest
from tenantry.organizations.v1.organizations_service_pb2_grpc import OrganizationsServiceStub
from tenantry.users.v1.users_service_pb2 import GetUserRequest

from server.kernel import ids
from server.kernel.ids import new_id
from server.subdomains.organizations.api import OrganizationsApi
from server.subdomains.users.api import LastBillingAdmin, LastOwner, PersonalOrganization, UsersApi
from tests.harness import refusal
from tests.users.tiers import change_tier


async def remove(server, user_id, organization_id, removed_by_id=None):
    platform = server.app.platform
    async with platform.begin() as uow:
        await OrganizationsApi.of(platform).lock_organization(uow, organization_id)
        await UsersApi.of(platform).remove_member(
            uow, user_id=user_id, organization_id=organization_id, removed_by_id=removed_by_id or user_id
        )


async def memberships_of(users_service, user_id):
    found = (await users_service.GetUser(GetUserRequest(id=user_id))).user.memberships
    return {membership.organization_id: membership.is_default for membership in found}


@pytest.fixture
async def shared(people):
    owner, member = await people.register(), await people.register()
    organization_id = await people.create_organization(owner)
    await people.join(member.user_id, organization_id)
    return owner, member, organization_id


async def test_the_member_leaves_and_the_default_one_moves_first(users_service, shared, server):
    owner, member, organization_id = shared

    await remove(server, member.user_id, organization_id, owner.user_id)

    assert await memberships_of(users_service, member.user_id) == {member.organization_id: True}
    assert (await server.events(member.user_id))[-2:] == [
        "users.default_membership_changed.v1",
        "users.membership_removed.v1",
    ]
    [row] = await server.rows(
        "SELECT data FROM kernel.event WHERE aggregate_id = $1 AND name = 'users.membership_removed.v1'",
        ids.decode("user", member.user_id),
    )
    facts = json.loads(row["data"])
    assert (facts["organization_id"], facts["un_invited_by_id"]) == (organization_id, owner.user_id)


async def test_the_profile_follows_the_default_one(shared, server):
    _, member, organization_id = shared

    await remove(server, member.user_id, organization_id)

    sql = "SELECT default_organization_id FROM user_profiles.user_profile WHERE user_id = $1"
    [profile] = await server.rows(sql, ids.decode("user", member.user_id))
    assert profile["default_organization_id"] == ids.decode("org", member.organization_id)


async def test_the_most_recent_other_one_becomes_the_default(users_service, people, server):
    person, owner = await people.register(), await people.register()
    first, second, third = [await people.create_organization(owner) for _ in range(3)]
    for organization_id in (first, third, second):
        await people.join(person.user_id, organization_id)

    await remove(server, person.user_id, second)

    defaults = await memberships_of(users_service, person.user_id)
    assert [organization_id for organization_id, is_default in defaults.items() if is_default] == [third]


async def test_another_default_stays(users_service, people, shared, server):
    owner, member, organization_id = shared
    later = await people.create_organization(owner)
    await people.join(member.user_id, later)

    await remove(server, member.user_id, organization_id)

    assert (await memberships_of(users_service, member.user_id))[later]
    assert (await server.events(member.user_id))[-1] == "users.membership_removed.v1"


async def test_access_ends(shared, server):
    _, member, organization_id = shared
    organizations, request = (
        OrganizationsServiceStub(server.channel),
        GetOrganizationRequest(organization_id=organization_id),
    )
    await organizations.GetOrganization(request, metadata=member.metadata)

    await remove(server, member.user_id, organization_id)

    refused = await refusal(organizations.GetOrganization(request, metadata=member.metadata))
    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_A_MEMBER")


async def test_features_that_came_by_the_organization_go_with_it(users_service, shared, server):
    _, member, organization_id = shared
    await change_tier(server, organization_id, "professional")
    before = (await users_service.GetUser(GetUserRequest(id=member.user_id))).user.features

    await remove(server, member.user_id, organization_id)

    after = (await users_service.GetUser(GetUserRequest(id=member.user_id))).user.features
    assert len(after) == len(before) - 1
    assert (await server.events(member.user_id))[-1] == "users.platform_features_reset.v1"
    audits = await server.queued("audits", f'"AgainstId":"{member.user_id}"')
    assert "EndUser.PlatformFeaturesAssigned" in audits[-1]


async def test_a_guest_who_leaves_its_only_organization_has_none(users_service, people, shared, server):
    _, _, organization_id = shared
    guest = await people.invite(organization_id=organization_id)

    await remove(server, guest.user_id, organization_id)

    assert await memberships_of(users_service, guest.user_id) == {}


async def test_nothing_happens_to_who_is_no_member(people, shared, server):
    _, _, organization_id = shared
    stranger = await people.register()
    events = await server.events(stranger.user_id)

    await remove(server, stranger.user_id, organization_id)
    await remove(server, new_id("user"), organization_id)

    assert await server.events(stranger.user_id) == events


async def test_nobody_leaves_the_own_organization(users_service, people, server):
    person = await people.register()

    with pytest.raises(PersonalOrganization):
        await remove(server, person.user_id, person.organization_id)

    assert await memberships_of(users_service, person.user_id) == {person.organization_id: True}


async def test_the_only_member_stays(users_service, people, server):
    owner = await people.register()
    organization_id = await people.create_organization(owner)

    with pytest.raises(LastOwner):
        await remove(server, owner.user_id, organization_id)

    assert organization_id in await memberships_of(users_service, owner.user_id)


async def test_the_last_owner_and_the_last_billing_admin_stay(users_service, shared, server):
    owner, member, organization_id = shared

    with pytest.raises(LastOwner):
        await remove(server, owner.user_id, organization_id)
    sql = "UPDATE users.membership SET roles = '{tenant_owner}' WHERE organization_id = $1 AND user_id = $2"
    await server.rows(sql, ids.decode("org", organization_id), ids.decode("user", member.user_id))
    with pytest.raises(LastBillingAdmin):
        await remove(server, owner.user_id, organization_id)

    assert organization_id in await memberships_of(users_service, owner.user_id)


async def test_of_two_billing_admins_who_leave_at_once_one_stays(users_service, shared, server):
    owner, member, organization_id = shared
    sql = "UPDATE users.membership SET roles = '{tenant_billing_admin}' WHERE organization_id = $1"
    await server.rows(sql, ids.decode("org", organization_id))
    admins = (owner.user_id, member.user_id)

    ends = await asyncio.gather(
        *(remove(server, user_id, organization_id) for user_id in admins), return_exceptions=True
    )

    assert sum(isinstance(end, LastOwner) for end in ends) == 1
    left = [user_id for user_id in admins if organization_id in await memberships_of(users_service, user_id)]
    assert len(left) == 1
