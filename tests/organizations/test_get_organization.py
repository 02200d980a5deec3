"""GetOrganization: what an organization is."""

import asyncio

import grpc
import pytest
from tenantry.access.v1 import types_pb2
from tenantry.organizations.v1.organizations_service_pb2 import GetOrganizationRequest

from server.kernel import ids
from server.kernel.ids import new_id
from server.subdomains.organizations.api import OrganizationsApi
from tests.harness import refusal


async def test_everybody_has_a_personal_one_named_after_them(organizations_service, people):
    person = await people.register(first_name="Grace", last_name="Hopper")

    answer = await organizations_service.GetOrganization(
        GetOrganizationRequest(organization_id=person.organization_id), metadata=person.metadata
    )

    assert answer.organization.name == "Grace Hopper"
    assert answer.organization.ownership == types_pb2.ORGANIZATION_OWNERSHIP_PERSONAL
    assert answer.organization.created_by_id == person.user_id


async def test_a_long_name_of_a_machine_is_cut(organizations_service, people):
    machine = await people.machine(name="m" * 200)

    answer = await organizations_service.GetOrganization(GetOrganizationRequest(), metadata=machine.metadata)

    assert answer.organization.name == "m" * 100


async def test_every_member_sees_it(organizations_service, people, server):
    # given
    owner, member = await people.register(), await people.register()
    shared = await people.create_organization(owner)

    # when
    await people.join(member.user_id, shared)

    # then
    answer = await organizations_service.GetOrganization(
        GetOrganizationRequest(organization_id=shared), metadata=member.metadata
    )
    assert answer.organization.id == shared
    members = await server.rows(
        "SELECT user_id FROM organizations.member WHERE organization_id = $1", ids.decode("org", shared)
    )
    assert {row["user_id"] for row in members} == {ids.decode("user", each.user_id) for each in (owner, member)}
    assert (await server.events(shared))[-1] == "organizations.organization_membership_added.v1"


async def test_one_of_others_is_refused_like_one_that_does_not_exist(organizations_service, people):
    person, other = await people.register(), await people.register()

    for organization_id in (other.organization_id, new_id("org")):
        refused = await refusal(
            organizations_service.GetOrganization(
                GetOrganizationRequest(organization_id=organization_id), metadata=person.metadata
            )
        )
        assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_A_MEMBER")


async def test_what_is_no_organization_id_is_refused(organizations_service, people):
    person = await people.register()

    refused = await refusal(
        organizations_service.GetOrganization(
            GetOrganizationRequest(organization_id=person.user_id), metadata=person.metadata
        )
    )

    assert refused.violations == {"organization_id": "INVALID_ID"}


async def test_a_service_account_sees_all_and_must_name_one(organizations_service, people, server):
    person = await people.register()

    answer = await organizations_service.GetOrganization(
        GetOrganizationRequest(organization_id=person.organization_id), metadata=server.as_service()
    )
    unnamed = await refusal(
        organizations_service.GetOrganization(GetOrganizationRequest(), metadata=server.as_service())
    )
    unknown = await refusal(
        organizations_service.GetOrganization(
            GetOrganizationRequest(organization_id=new_id("org")), metadata=server.as_service()
        )
    )

    assert answer.organization.id == person.organization_id
    assert unnamed.violations == {"organization_id": "INVALID_ID"}
    assert (unknown.code, unknown.reason) == (grpc.StatusCode.NOT_FOUND, "ORGANIZATION_NOT_FOUND")


async def test_nobody_sees_one_without_signing_in(organizations_service, people):
    person = await people.register()

    refused = await refusal(
        organizations_service.GetOrganization(GetOrganizationRequest(organization_id=person.organization_id))
    )

    assert refused.code == grpc.StatusCode.UNAUTHENTICATED


async def test_whoever_locks_one_makes_others_wait(people, server):
    # given
    platform, person = server.app.platform, await people.register()
    organizations = OrganizationsApi.of(platform)

    async def lock() -> str:
        async with platform.begin() as uow:
            found = await organizations.lock_organization(uow, person.organization_id)
        assert found is not None
        return found.name

    # when
    async with platform.begin() as uow:
        found = await organizations.lock_organization(uow, person.organization_id)
        assert found is not None
        assert found.subscriber_id == person.user_id
        second = asyncio.create_task(lock())
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(second), 0.2)

    # then
    assert await second == "Ada Lovelace"
