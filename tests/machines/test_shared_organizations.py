"""RegisterMachine by an owner whose default organization is shared: the machine joins it."""

import asyncio
import json

import pytest
from tenantry.access.v1 import types_pb2 as access
from tenantry.organizations.v1.organizations_service_pb2 import GetOrganizationRequest
from tenantry.organizations.v1.organizations_service_pb2_grpc import OrganizationsServiceStub
from tenantry.users.v1.users_service_pb2 import ChangeDefaultOrganizationRequest
from tenantry.users.v1.users_service_pb2_grpc import UsersServiceStub

from server.kernel import ids
from server.subdomains.organizations.api import OrganizationsApi
from server.subdomains.users.api import UsersApi
from tests.api_keys.keys import shown
from tests.harness import properties_of
from tests.users.tiers import change_tier

_MEMBER = [access.TENANT_ROLE_MEMBER]
_SHARED = access.ORGANIZATION_OWNERSHIP_SHARED
_PERSONAL = access.ORGANIZATION_OWNERSHIP_PERSONAL


async def memberships_of(machines, machine):
    """Its memberships by ownership."""
    return {found.ownership: found for found in (await machines.user(machine.id)).memberships}


async def test_it_joins_as_a_member_and_that_is_its_default_organization(machines, people):
    # given
    person = await people.person()
    organization_id = await machines.organization(person.metadata)

    # when
    machine = await machines.register(person.metadata)

    # then
    found = await memberships_of(machines, machine)
    assert set(found) == {_SHARED, _PERSONAL}
    shared = found[_SHARED]
    assert (shared.organization_id, shared.is_default, list(shared.roles)) == (organization_id, True, _MEMBER)
    assert not found[_PERSONAL].is_default
    profile = await machines.profile(machine.id)
    assert ids.encode("org", profile["default_organization_id"]) == organization_id


async def test_it_acts_there_at_once_by_its_key(machines, people, server):
    person = await people.person()
    organization_id = await machines.organization(person.metadata, name="Looms")

    machine = await machines.register(person.metadata)

    service = OrganizationsServiceStub(server.channel)
    request = GetOrganizationRequest(organization_id=organization_id)
    answer = await service.GetOrganization(request, metadata=shown(machine.api_key))
    assert answer.organization.name == "Looms"


async def test_both_memberships_and_that_the_first_stays_are_usages(machines, people, server):
    # given
    person = await people.person()
    organization_id = await machines.organization(person.metadata, name="Looms")

    # when
    machine = await machines.register(person.metadata)

    # then
    found = await memberships_of(machines, machine)
    usages = [json.loads(text) for text in await server.queued("usages", machine.id)]
    added = [properties_of(usage) for usage in usages if usage["EventName"] == "Membership Added"]
    assert [(usage["Name"], usage["TenantIdOverride"], usage["ResourceId"]) for usage in added] == [
        ("Looms", organization_id, found[_SHARED].id),
        ("Loom 4", found[_PERSONAL].organization_id, found[_PERSONAL].id),
    ]
    [changed] = [properties_of(usage) for usage in usages if usage["EventName"] == "Membership Changed"]
    assert (changed["TenantIdOverride"], changed["ResourceId"]) == (organization_id, found[_SHARED].id)


@pytest.mark.parametrize(
    ("tier", "there", "on_the_platform"),
    [
        ("unsubscribed", access.FEATURE_LEVEL_BASIC, access.FEATURE_LEVEL_PAID_TRIAL),
        ("standard", access.FEATURE_LEVEL_PAID_TRIAL, access.FEATURE_LEVEL_PAID_TRIAL),
        ("enterprise", access.FEATURE_LEVEL_PAID3, access.FEATURE_LEVEL_PAID3),
    ],
)
async def test_it_has_there_what_the_organization_pays_for(machines, people, server, tier, there, on_the_platform):
    person = await people.person()
    await change_tier(server, await machines.organization(person.metadata), tier)

    machine = await machines.register(person.metadata)

    assert (await memberships_of(machines, machine))[_SHARED].features[0] == there
    assert (await machines.user(machine.id)).features[0] == on_the_platform


async def test_a_plain_member_vouches_for_nothing(machines, people, server):
    # given: somebody whose default organization is a shared one of somebody else
    owner, member = await people.person(), await people.person()
    organization_id = await machines.organization(owner.metadata)
    async with server.app.platform.begin() as uow:
        await UsersApi.of(server.app.platform).add_member(
            uow, user_id=member.user_id, organization_id=organization_id, organization_name="Looms"
        )

    # when
    machine = await machines.register(member.metadata)

    # then
    assert set(await memberships_of(machines, machine)) == {_PERSONAL}
    assert len((await machines.user(member.user_id)).memberships) == 2


async def test_an_owner_whose_default_is_another_organization_brings_it_along_nowhere(machines, people, server):
    person = await people.person()
    await machines.organization(person.metadata)
    [personal] = [
        found.organization_id
        for found in (await machines.user(person.user_id)).memberships
        if found.ownership == _PERSONAL
    ]
    request = ChangeDefaultOrganizationRequest(organization_id=personal)
    await UsersServiceStub(server.channel).ChangeDefaultOrganization(request, metadata=person.metadata)

    machine = await machines.register(person.metadata)

    assert set(await memberships_of(machines, machine)) == {_PERSONAL}


async def test_whoever_loses_the_ownership_meanwhile_vouches_for_nothing(machines, people, server):
    # given: somebody holds the organization's lock, and lets another one own it
    person, heir = await people.person(), await people.person()
    organization_id = await machines.organization(person.metadata)
    platform = server.app.platform
    async with platform.begin() as uow:
        await UsersApi.of(platform).add_member(
            uow, user_id=heir.user_id, organization_id=organization_id, organization_name="Looms"
        )
    async with platform.begin() as uow:
        await OrganizationsApi.of(platform).lock_organization(uow, organization_id)
        registering = asyncio.create_task(machines.register(person.metadata))
        await until_somebody_waits_for_a_lock(server)
        for user_id, role in ((heir.user_id, "tenant_billing_admin"), (person.user_id, "tenant_member")):
            await server.rows(
                "UPDATE users.membership SET roles = ARRAY[$3] WHERE organization_id = $1 AND user_id = $2",
                ids.decode("org", organization_id),
                ids.decode("user", user_id),
                role,
            )

    # when
    machine = await registering

    # then
    assert set(await memberships_of(machines, machine)) == {_PERSONAL}


async def test_ten_at_once_all_join(machines, people):
    person = await people.person()
    organization_id = await machines.organization(person.metadata)

    registered = await asyncio.gather(*(machines.register(person.metadata) for _ in range(10)))

    for machine in registered:
        assert (await memberships_of(machines, machine))[_SHARED].organization_id == organization_id


async def until_somebody_waits_for_a_lock(server):
    sql = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while not await server.rows(sql):
        await asyncio.sleep(0.02)
