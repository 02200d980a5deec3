"""CreateOrganization: a person makes a shared organization."""

import asyncio
import json
import uuid

import grpc
import pytest
from tenantry.access.v1 import types_pb2
from tenantry.organizations.v1.organizations_service_pb2 import CreateOrganizationRequest, GetOrganizationRequest
from tenantry.users.v1.users_service_pb2 import ListMembershipsForCallerRequest
from tenantry.users.v1.users_service_pb2_grpc import UsersServiceStub

from server.kernel import ids
from tests.harness import refusal


async def _memberships(server, person):
    answer = await UsersServiceStub(server.channel).ListMembershipsForCaller(
        ListMembershipsForCallerRequest(), metadata=person.metadata
    )
    return answer.memberships


async def test_the_creator_runs_it_and_it_becomes_the_default(organizations_service, people, server):
    # given
    person = await people.register()

    # when
    answer = await organizations_service.CreateOrganization(
        CreateOrganizationRequest(name="Analytical Engines"), metadata=person.metadata
    )

    # then
    organization = answer.organization
    assert (organization.name, organization.created_by_id) == ("Analytical Engines", person.user_id)
    assert organization.ownership == types_pb2.ORGANIZATION_OWNERSHIP_SHARED
    assert not organization.HasField("avatar_url")
    membership = (await _memberships(server, person))[-1]
    assert membership.organization_id == organization.id
    assert membership.is_default
    assert membership.roles == [
        types_pb2.TENANT_ROLE_BILLING_ADMIN,
        types_pb2.TENANT_ROLE_OWNER,
        types_pb2.TENANT_ROLE_MEMBER,
    ]
    found = await organizations_service.GetOrganization(GetOrganizationRequest(), metadata=person.metadata)
    assert found.organization == organization


async def test_its_creator_is_the_first_member_and_pays(organizations_service, people, server):
    person = await people.register()

    organization_id = await people.create_organization(person)

    key = ids.decode("org", organization_id)
    [subscription] = await server.rows("SELECT * FROM subscriptions.subscription WHERE organization_id = $1", key)
    [row] = await server.rows("SELECT * FROM organizations.organization WHERE organization_id = $1", key)
    members = await server.rows("SELECT user_id FROM organizations.member WHERE organization_id = $1", key)
    user_id = ids.decode("user", person.user_id)
    assert [member["user_id"] for member in members] == [user_id]
    assert (row["subscriber_id"], row["subscription_id"]) == (user_id, subscription["id"])
    assert subscription["buyer_id"] == user_id
    assert row["version"] == len(await server.events(organization_id))


async def test_the_creation_is_recorded(organizations_service, people, server):
    person = await people.register()

    organization_id = await people.create_organization(person, "Analytical Engines")

    usages = [json.loads(text) for text in await server.queued("usages", organization_id)]
    [created] = [usage for usage in usages if usage["EventName"] == "Organization Created"]
    assert created["ForId"] == person.user_id
    expected = {
        "ResourceId": organization_id,
        "Name": "Analytical Engines",
        "Ownership": "shared",
        "CreateBy": person.user_id,
        "UserIdOverride": person.user_id,
    }
    assert expected.items() <= created["Additional"].items()


async def test_names_may_repeat(people):
    person = await people.register()

    assert await people.create_organization(person, "Same") != await people.create_organization(person, "Same")


@pytest.mark.parametrize("name", ["", "a" * 101, "<b>", "a\nb", "a\tb", "a=b", "\x00"])
async def test_a_bad_name_is_refused(organizations_service, people, server, name):
    person = await people.register()

    refused = await refusal(
        organizations_service.CreateOrganization(CreateOrganizationRequest(name=name), metadata=person.metadata)
    )

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == {"name": "INVALID_NAME"}
    assert len(await _memberships(server, person)) == 1


async def test_a_machine_creates_none(organizations_service, people):
    machine = await people.machine()

    refused = await refusal(
        organizations_service.CreateOrganization(CreateOrganizationRequest(name="Mine"), metadata=machine.metadata)
    )

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "PERSON_REQUIRED")


async def test_the_free_features_do_not_include_it(organizations_service, people):
    machine = await people.machine(is_anonymous=True)

    refused = await refusal(
        organizations_service.CreateOrganization(CreateOrganizationRequest(name="Mine"), metadata=machine.metadata)
    )

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "FEATURE_REQUIRED")


async def test_nobody_creates_one_without_signing_in(organizations_service):
    refused = await refusal(organizations_service.CreateOrganization(CreateOrganizationRequest(name="Mine")))

    assert refused.code == grpc.StatusCode.UNAUTHENTICATED


async def test_equal_calls_at_once_create_one(organizations_service, people, server):
    # given
    person = await people.register()
    request = CreateOrganizationRequest(name="Once", request_id=str(uuid.uuid4()))

    # when
    answers = await asyncio.gather(
        *(organizations_service.CreateOrganization(request, metadata=person.metadata) for _ in range(10))
    )

    # then
    assert len({answer.organization.id for answer in answers}) == 1
    assert len(await _memberships(server, person)) == 2


async def test_several_at_once_leave_one_default(organizations_service, people, server):
    person = await people.register()

    await asyncio.gather(*(people.create_organization(person) for _ in range(5)))

    memberships = await _memberships(server, person)
    assert len(memberships) == 6
    assert [membership.is_default for membership in memberships].count(True) == 1
