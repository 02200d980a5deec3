"""ListFeatureFlags: all flags, with the values of the environment."""

import grpc
import pytest
from tenantry.feature_flags.v1.feature_flags_service_pb2 import ListFeatureFlagsRequest
from tenantry.feature_flags.v1.feature_flags_service_pb2_grpc import FeatureFlagsServiceStub

from server.kernel import ids
from tests.feature_flags.flags import BOOLEAN, ON_FOR_NOBODY, flag, flags
from tests.harness import refusal


async def listed(server, **fields):
    service = FeatureFlagsServiceStub(server.channel)
    return await service.ListFeatureFlags(ListFeatureFlagsRequest(**fields), metadata=server.as_service())


async def test_boolean_flags_are_listed_by_name_with_the_values_of_the_environment(server):
    answer = await listed(server)

    assert [found.name for found in answer.flags] == BOOLEAN
    assert {found.name for found in answer.flags if found.is_enabled} == ON_FOR_NOBODY
    assert (answer.total_size, answer.next_page_token) == (len(BOOLEAN), "")


@pytest.mark.parametrize(("order_by", "expected"), [("name", BOOLEAN), ("name desc", BOOLEAN[::-1])])
async def test_pages_follow_each_other_in_the_order_asked_for(server, order_by, expected):
    names, sizes, token = list[str](), list[tuple[int, int]](), ""

    while token or not sizes:
        answer = await listed(server, page_size=4, order_by=order_by, page_token=token)
        names += [found.name for found in answer.flags]
        sizes.append((len(answer.flags), answer.total_size))
        token = answer.next_page_token

    assert names == expected
    assert sizes == [(4, 9), (4, 9), (1, 9)]


async def test_without_a_file_there_are_none(serve):
    async with serve() as server:
        answer = await listed(server)

    assert (list(answer.flags), answer.total_size) == ([], 0)


async def test_a_thousand_flags_fit_on_a_page(serve, write):
    names = [f"flag{number:04}" for number in range(1001)]
    async with serve(flags_file=write(flags(**{name: flag("on") for name in names}))) as server:
        answer = await listed(server, page_size=5000)

    assert [found.name for found in answer.flags] == names[:1000]
    assert all(found.is_enabled for found in answer.flags)
    assert answer.total_size == 1001
    assert answer.next_page_token


async def test_a_flag_whose_rules_fail_is_listed_as_off_and_spoils_no_other(serve, write):
    broken = flag("on", targeting={"if": [True, "nowhere", None]})
    async with serve(flags_file=write(flags(broken=broken, on=flag("on")))) as server:
        answer = await listed(server)

    assert [(found.name, found.is_enabled) for found in answer.flags] == [("broken", False), ("on", True)]


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"page_size": -1}, {"page_size": "INVALID_PAGE_SIZE"}),
        ({"page_token": "x"}, {"page_token": "INVALID_PAGE_TOKEN"}),
        ({"order_by": "is_enabled"}, {"order_by": "INVALID_ORDER_BY"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(server, fields, violations):
    refused = await refusal(listed(server, **fields))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == violations


async def test_a_token_goes_on_only_in_the_order_it_was_made_for(server):
    token = (await listed(server, page_size=1)).next_page_token

    refused = await refusal(listed(server, page_size=1, page_token=token, order_by="name desc"))

    assert refused.violations == {"page_token": "INVALID_PAGE_TOKEN"}


async def test_only_service_accounts_may(flags_service, cast):
    member = await cast.member(ids.new_id("org"))

    nobody = await refusal(flags_service.ListFeatureFlags(ListFeatureFlagsRequest()))
    somebody = await refusal(flags_service.ListFeatureFlags(ListFeatureFlagsRequest(), metadata=member.metadata))

    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert (somebody.code, somebody.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
