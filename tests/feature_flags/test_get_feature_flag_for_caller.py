"""GetFeatureFlagForCaller: a flag as it is for whoever asks."""

import grpc
import pytest
from tenantry.feature_flags.v1.feature_flags_service_pb2 import GetFeatureFlagForCallerRequest
from tenantry.feature_flags.v1.feature_flags_service_pb2_grpc import FeatureFlagsServiceStub

from server.kernel import ids
from tests.feature_flags.flags import BOOLEAN, ON_FOR_NOBODY, SOMEWHERE, equal, flag, flags
from tests.harness import refusal


@pytest.fixture
def get(flags_service):
    async def call(metadata=(), **fields):
        request = GetFeatureFlagForCallerRequest(**{"name": "on"} | fields)
        return (await flags_service.GetFeatureFlagForCaller(request, metadata=metadata)).flag

    return call


@pytest.mark.parametrize("name", BOOLEAN)
async def test_anonymous_callers_get_the_value_of_the_environment(get, name):
    flag = await get(name=name)

    assert (flag.name, flag.is_enabled) == (name, name in ON_FOR_NOBODY)


async def test_a_signed_in_caller_is_the_user_of_the_evaluation(get, cast, serve, write):
    member, other = await cast.member(), await cast.member()
    content = flags(mine=flag(rule=equal("targetingKey", member.user_id)))
    async with serve(flags_file=write(content)) as server:
        service = FeatureFlagsServiceStub(server.channel)
        request = GetFeatureFlagForCallerRequest(name="mine")
        mine = await service.GetFeatureFlagForCaller(request, metadata=member.metadata)
        theirs = await service.GetFeatureFlagForCaller(request, metadata=other.metadata)

    assert mine.flag.is_enabled
    assert not theirs.flag.is_enabled


async def test_without_an_organization_it_is_evaluated_for_the_default_one(get, cast):
    here, elsewhere = await cast.member(SOMEWHERE), await cast.member(ids.new_id("org"), SOMEWHERE)

    assert (await get(here.metadata, name="for_somewhere")).is_enabled
    assert not (await get(elsewhere.metadata, name="for_somewhere")).is_enabled


async def test_a_member_may_name_another_organization(get, cast):
    member = await cast.member(ids.new_id("org"), SOMEWHERE)

    assert (await get(member.metadata, name="for_somewhere", organization_id=SOMEWHERE)).is_enabled


async def test_a_caller_without_any_organization_has_flags_too(get, cast):
    member = await cast.member()

    assert (await get(member.metadata, name="for_users")).is_enabled


async def test_a_service_account_needs_no_membership(get, server):
    assert (await get(server.as_service(), name="for_somewhere", organization_id=SOMEWHERE)).is_enabled


async def test_who_is_no_member_of_the_organization_is_refused(get, cast):
    stranger = await cast.member(ids.new_id("org"))

    for metadata in ((), stranger.metadata):
        refused = await refusal(get(metadata, organization_id=SOMEWHERE))
        assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_A_MEMBER")


async def test_membership_comes_before_other_fields_and_before_existence(get, cast):
    stranger = await cast.member(ids.new_id("org"))

    for name in ("", "unknown"):
        refused = await refusal(get(stranger.metadata, name=name, organization_id=SOMEWHERE))
        assert refused.reason == "NOT_A_MEMBER"


@pytest.mark.parametrize("name", ["unknown", "colour", "odd"])
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
        ({"organization_id": "acme"}, {"organization_id": "INVALID_ID"}),
        ({"organization_id": ids.new_id("user")}, {"organization_id": "INVALID_ID"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(get, fields, violations):
    refused = await refusal(get(**fields))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == violations


async def test_a_bad_credential_is_refused_although_none_is_needed(get):
    refused = await refusal(get((("authorization", "Bearer nonsense"),)))

    assert refused.code == grpc.StatusCode.UNAUTHENTICATED
