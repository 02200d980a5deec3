"""ChangeDefaultOrganization: which organization calls are made for when they name none."""

import asyncio
import json

import grpc
import pytest
from tenantry.users.v1.users_service_pb2 import (
    ChangeDefaultOrganizationRequest,
    GetUserRequest,
    ListMembershipsForCallerRequest,
)

from server.kernel import ids
from server.kernel.ids import new_id
from tests.harness import refusal


async def _defaults(users_service, person):
    listed = await users_service.ListMembershipsForCaller(ListMembershipsForCallerRequest(), metadata=person.metadata)
    return [membership.organization_id for membership in listed.memberships if membership.is_default]


async def test_a_member_chooses_another_of_its_organizations(users_service, people):
    # given
    person = await people.register()
    shared = await people.create_organization(person)
    assert await _defaults(users_service, person) == [shared]

    # when
    answer = await users_service.ChangeDefaultOrganization(
        ChangeDefaultOrganizationRequest(organization_id=person.organization_id), metadata=person.metadata
    )

    # then
    assert answer.user.id == person.user_id
    assert await _defaults(users_service, person) == [person.organization_id]


async def test_the_change_is_published_followed_by_the_profile_and_recorded(users_service, people, server):
    # given
    person = await people.register()
    await people.create_organization(person)

    # when
    await users_service.ChangeDefaultOrganization(
        ChangeDefaultOrganizationRequest(organization_id=person.organization_id), metadata=person.metadata
    )

    # then
    assert (await server.events(person.user_id))[-1] == "users.default_membership_changed.v1"
    [profile] = await server.rows(
        "SELECT default_organization_id FROM user_profiles.user_profile WHERE user_id = $1",
        ids.decode("user", person.user_id),
    )
    assert profile["default_organization_id"] == ids.decode("org", person.organization_id)
    usages = [json.loads(text) for text in await server.queued("usages", "Membership Changed")]
    [usage] = [usage for usage in usages if usage["Additional"]["UserIdOverride"] == person.user_id]
    membership = (await users_service.GetUser(GetUserRequest(id=person.user_id))).user.memberships[0]
    expected = {
        "ResourceId": membership.id,
        "Name": "Ada Lovelace",
        "EmailAddress": person.email,
        "UserIdOverride": person.user_id,
        "TenantIdOverride": person.organization_id,
    }
    assert expected.items() <= usage["Additional"].items()


async def test_the_default_one_again_changes_nothing(users_service, people, server):
    person = await people.register()
    events = await server.events(person.user_id)

    answer = await users_service.ChangeDefaultOrganization(
        ChangeDefaultOrganizationRequest(organization_id=person.organization_id), metadata=person.metadata
    )

    assert answer.user.id == person.user_id
    assert await server.events(person.user_id) == events


async def test_an_organization_of_others_is_refused_like_one_that_does_not_exist(users_service, people):
    person, other = await people.register(), await people.register()

    for organization_id in (other.organization_id, new_id("org")):
        refused = await refusal(
            users_service.ChangeDefaultOrganization(
                ChangeDefaultOrganizationRequest(organization_id=organization_id), metadata=person.metadata
            )
        )
        assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_A_MEMBER")
    assert await _defaults(users_service, person) == [person.organization_id]


@pytest.mark.parametrize("organization_id", ["", "org_", "org_x", "user_00000000000000000000000000"])
async def test_what_is_no_organization_id_is_refused(users_service, people, organization_id):
    person = await people.register()

    refused = await refusal(
        users_service.ChangeDefaultOrganization(
            ChangeDefaultOrganizationRequest(organization_id=organization_id), metadata=person.metadata
        )
    )

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == {"organization_id": "INVALID_ID"}


async def test_nobody_changes_it_without_signing_in(users_service, people):
    person = await people.register()

    refused = await refusal(
        users_service.ChangeDefaultOrganization(
            ChangeDefaultOrganizationRequest(organization_id=person.organization_id)
        )
    )

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")


async def test_the_free_features_do_not_include_it(users_service, people):
    machine = await people.machine(is_anonymous=True)

    refused = await refusal(
        users_service.ChangeDefaultOrganization(
            ChangeDefaultOrganizationRequest(organization_id=machine.organization_id), metadata=machine.metadata
        )
    )

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "FEATURE_REQUIRED")


async def test_a_service_account_is_a_member_of_nothing(users_service, server):
    refused = await refusal(
        users_service.ChangeDefaultOrganization(
            ChangeDefaultOrganizationRequest(organization_id=new_id("org")), metadata=server.as_service()
        )
    )

    assert refused.reason == "NOT_A_MEMBER"


async def test_of_many_changes_at_once_one_is_the_last(users_service, people):
    # given
    person = await people.register()
    organizations = [person.organization_id, *[await people.create_organization(person) for _ in range(3)]]

    # when
    await asyncio.gather(
        *(
            users_service.ChangeDefaultOrganization(
                ChangeDefaultOrganizationRequest(organization_id=organization_id), metadata=person.metadata
            )
            for organization_id in organizations * 3
        )
    )

    # then
    assert len(await _defaults(users_service, person)) == 1
