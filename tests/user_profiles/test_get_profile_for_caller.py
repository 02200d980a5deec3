"""GetProfileForCaller: who the caller is, anonymous callers included."""

import grpc
from tenantry.access.v1 import types_pb2
from tenantry.user_profiles.v1.user_profiles_service_pb2 import GetProfileForCallerRequest

from server.kernel.access.caller import ANONYMOUS
from tests.harness import refusal


async def test_a_person_sees_its_own_profile(user_profiles_service, people):
    # given
    person = await people.register()

    # when
    answer = await user_profiles_service.GetProfileForCaller(GetProfileForCallerRequest(), metadata=person.metadata)

    # then
    profile = answer.profile
    assert profile.user_id == person.user_id
    assert profile.classification == types_pb2.USER_CLASSIFICATION_PERSON
    assert (profile.name.first_name, profile.name.last_name, profile.display_name) == ("Ada", "Lovelace", "Ada")
    assert profile.email_address == person.email
    assert not profile.HasField("phone_number")
    assert not profile.HasField("avatar_url")
    assert (profile.timezone, profile.locale, profile.address.country_code) == ("Europe/London", "en-GB", "GBR")
    assert profile.is_authenticated
    assert profile.roles == [types_pb2.PLATFORM_ROLE_STANDARD]
    assert profile.features == [types_pb2.FEATURE_LEVEL_PAID_TRIAL, types_pb2.FEATURE_LEVEL_BASIC]
    assert profile.default_organization_id == person.organization_id


async def test_a_machine_has_one_name_and_no_address(user_profiles_service, people):
    machine = await people.machine(name="Babbage " * 24)

    answer = await user_profiles_service.GetProfileForCaller(GetProfileForCallerRequest(), metadata=machine.metadata)

    assert answer.profile.classification == types_pb2.USER_CLASSIFICATION_MACHINE
    assert answer.profile.name.first_name == answer.profile.display_name == "Babbage " * 24
    assert not answer.profile.name.HasField("last_name")
    assert not answer.profile.HasField("email_address")


async def test_an_anonymous_caller_is_nobody_from_the_default_country(user_profiles_service):
    answer = await user_profiles_service.GetProfileForCaller(GetProfileForCallerRequest())

    profile = answer.profile
    assert profile.id == profile.user_id == profile.display_name == profile.name.first_name == ANONYMOUS
    assert profile.classification == types_pb2.USER_CLASSIFICATION_PERSON
    assert profile.address.country_code == "USA"
    assert not profile.is_authenticated
    assert (profile.roles, profile.features) == ([], [])
    assert not profile.HasField("default_organization_id")
    assert not profile.HasField("email_address")


async def test_a_service_account_has_no_profile(user_profiles_service, server):
    refused = await refusal(
        user_profiles_service.GetProfileForCaller(GetProfileForCallerRequest(), metadata=server.as_service())
    )

    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "PROFILE_NOT_FOUND")


async def test_a_bad_credential_does_not_make_an_anonymous_caller(user_profiles_service):
    refused = await refusal(
        user_profiles_service.GetProfileForCaller(
            GetProfileForCallerRequest(), metadata=(("authorization", "Bearer nonsense"),)
        )
    )

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")
