"""GetFeatureFlag: a flag as it is for one user within one organization."""

import grpc
import pytest
from tenantry.feature_flags.v1.feature_flags_service_pb2 import GetFeatureFlagRequest
from tenantry.feature_flags.v1.feature_flags_service_pb2_grpc import FeatureFlagsServiceStub

from server.kernel import ids
from server.kernel.access.caller import ANONYMOUS
from tests.feature_flags.flags import BOOLEAN, FLAGS, ON_FOR_NOBODY, SOMEBODY, SOMEWHERE
from tests.harness import refusal


@pytest.fixture
def get(flags_service, server):
    async def call(**fields):
        request = GetFeatureFlagRequest(**{"name": "on", "user_id": ids.new_id("user")} | fields)
        return (await flags_service.GetFeatureFlag(request, metadata=server.as_service())).flag

    return call


@pytest.mark.parametrize(("name", "is_enabled"), [("on", True), ("off", False), ("disabled", False)])
async def test_a_flag_has_its_default_value(get, name, is_enabled):
    flag = await get(name=name)

    assert (flag.name, flag.is_enabled) == (name, is_enabled)


async def test_a_flag_without_a_default_is_off(get):
    assert not (await get(name="without_default")).is_enabled


async def test_rules_see_the_user(get):
    assert (await get(name="for_somebody", user_id=SOMEBODY)).is_enabled
    assert not (await get(name="for_somebody")).is_enabled
    assert (await get(name="for_users")).is_enabled


async def test_rules_see_the_organization_which_need_not_exist(get):
    assert (await get(name="for_somewhere", organization_id=SOMEWHERE)).is_enabled
    assert not (await get(name="for_somewhere", organization_id=ids.new_id("org"))).is_enabled
    assert not (await get(name="for_somewhere")).is_enabled


async def test_rules_see_the_environment(get):
    assert (await get(name="for_this_environment")).is_enabled
    assert not (await get(name="for_another_environment")).is_enabled


async def test_the_environment_is_that_of_the_deployment(serve, write, server):
    async with serve(flags_file=write(FLAGS), deployment_environment="staging") as staging:
        request = GetFeatureFlagRequest(name="for_another_environment", user_id=SOMEBODY)
        answer = await FeatureFlagsServiceStub(staging.channel).GetFeatureFlag(request, metadata=staging.as_service())

    assert answer.flag.is_enabled


@pytest.mark.parametrize("name", BOOLEAN)
async def test_for_the_anonymous_user_it_is_the_value_of_the_environment(get, name):
    flag = await get(name=name, user_id=ANONYMOUS, organization_id=SOMEWHERE)

    assert flag.is_enabled == (name in ON_FOR_NOBODY)


@pytest.mark.parametrize("name", ["unknown", "colour", "odd", "disabled_colour", "ON", "é" * 200])
async def test_an_unknown_flag_and_one_of_another_type_are_not_found(get, name):
    refused = await refusal(get(name=name))

    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "FLAG_NOT_FOUND")


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"name": ""}, {"name": "INVALID_NAME"}),
        ({"name": "n" * 201}, {"name": "INVALID_NAME"}),
        ({"name": "on\n"}, {"name": "INVALID_NAME"}),
        ({"name": "o\0n"}, {"name": "INVALID_NAME"}),
        ({"user_id": ""}, {"user_id": "INVALID_ID"}),
        ({"user_id": SOMEWHERE}, {"user_id": "INVALID_ID"}),
        ({"organization_id": SOMEBODY}, {"organization_id": "INVALID_ID"}),
        ({"name": "", "user_id": "x"}, {"name": "INVALID_NAME", "user_id": "INVALID_ID"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(get, fields, violations):
    refused = await refusal(get(**fields))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == violations


async def test_only_service_accounts_may(flags_service, cast):
    request = GetFeatureFlagRequest(name="on", user_id=SOMEBODY)
    member = await cast.member(ids.new_id("org"))
    operator = await cast.member(platform_roles=("platform_operations",))

    nobody = await refusal(flags_service.GetFeatureFlag(request))
    people = [await refusal(flags_service.GetFeatureFlag(request, metadata=who.metadata)) for who in (member, operator)]

    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert {(each.code, each.reason) for each in people} == {(grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")}
