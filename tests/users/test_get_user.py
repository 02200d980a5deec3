"""GetUser: a user with its memberships, in testing builds."""

import grpc
from tenantry.access.v1 import types_pb2
from tenantry.users.v1.end_user_pb2 import (
    USER_ACCESS_ENABLED,
    USER_STATUS_REGISTERED,
    USER_STATUS_UNREGISTERED,
)
from tenantry.users.v1.users_service_pb2 import GetUserRequest

from server.kernel.access.caller import SERVICE_ACCOUNTS
from server.kernel.ids import new_id
from tests.harness import refusal


async def test_a_registered_person_has_the_paid_features_and_a_personal_organization(users_service, people):
    # given
    person = await people.register()

    # when
    answer = await users_service.GetUser(GetUserRequest(id=person.user_id))

    # then
    user = answer.user
    assert (user.id, user.access, user.status) == (person.user_id, USER_ACCESS_ENABLED, USER_STATUS_REGISTERED)
    assert user.classification == types_pb2.USER_CLASSIFICATION_PERSON
    assert user.roles == [types_pb2.PLATFORM_ROLE_STANDARD]
    assert user.features == [types_pb2.FEATURE_LEVEL_PAID_TRIAL, types_pb2.FEATURE_LEVEL_BASIC]
    [membership] = user.memberships
    assert membership.user_id == person.user_id
    assert membership.organization_id == person.organization_id
    assert membership.ownership == types_pb2.ORGANIZATION_OWNERSHIP_PERSONAL
    assert membership.is_default
    assert membership.roles == [
        types_pb2.TENANT_ROLE_BILLING_ADMIN,
        types_pb2.TENANT_ROLE_OWNER,
        types_pb2.TENANT_ROLE_MEMBER,
    ]
    assert membership.features == [types_pb2.FEATURE_LEVEL_PAID_TRIAL, types_pb2.FEATURE_LEVEL_BASIC]


async def test_a_guest_has_no_roles_and_no_features(users_service, people):
    guest = await people.invite()

    answer = await users_service.GetUser(GetUserRequest(id=guest.user_id))

    assert answer.user.status == USER_STATUS_UNREGISTERED
    assert (answer.user.roles, answer.user.features, answer.user.memberships) == ([], [], [])


async def test_an_unknown_user_is_not_found(users_service):
    refused = await refusal(users_service.GetUser(GetUserRequest(id=new_id("user"))))

    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")


async def test_reserved_users_are_unknown(users_service):
    for user_id in SERVICE_ACCOUNTS:
        refused = await refusal(users_service.GetUser(GetUserRequest(id=user_id)))
        assert refused.reason == "USER_NOT_FOUND"


async def test_an_id_of_another_kind_is_refused(users_service):
    refused = await refusal(users_service.GetUser(GetUserRequest(id=new_id("org"))))

    assert refused.violations == {"id": "INVALID_ID"}
