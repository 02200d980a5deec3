"""SearchUsages: operators find what the local store was told."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from tenantry.usages.v1.usage_pb2 import USAGE_RECORD_KIND_IDENTIFY, USAGE_RECORD_KIND_TRACK
from tenantry.usages.v1.usages_service_pb2 import DeliverUsagesRequest, SearchUsagesRequest

from server.kernel import ids
from server.kernel.access.caller import ANONYMOUS
from server.kernel.rpc.times import to_timestamp
from tests.harness import refusal
from tests.messages import message
from tests.queued import queued_at


@pytest.fixture
def organization_id():
    return ids.new_id("org")


@pytest.fixture
def deliver(usages_service, server, organization_id):
    async def call(event_name, *, message_id=None, tenant=organization_id, for_id="user_1", **additional):
        text = message(message_id, TenantId=tenant, ForId=for_id, EventName=event_name, Additional=additional)
        await usages_service.DeliverUsages(DeliverUsagesRequest(messages=[text]), metadata=server.as_service())

    return call


@pytest.fixture
def names(usages_service, operator):
    async def of(**fields):
        answer = await usages_service.SearchUsages(SearchUsagesRequest(**fields), metadata=operator)
        assert answer.total_size == len(answer.usages)
        return [usage.event_name for usage in answer.usages]

    return of


async def test_an_operator_finds_each_thing_that_was_told(usages_service, deliver, organization_id, operator):
    message_id = queued_at(datetime.now(UTC))
    await deliver("User Login", message_id=message_id, UserIdOverride="user_2", Name="Ada")

    answer = await usages_service.SearchUsages(SearchUsagesRequest(organization_id=organization_id), metadata=operator)

    assert {usage.kind for usage in answer.usages} == {USAGE_RECORD_KIND_IDENTIFY, USAGE_RECORD_KIND_TRACK}
    assert len({usage.id for usage in answer.usages}) == answer.total_size == 2
    for usage in answer.usages:
        assert ids.is_id("usage", usage.id)
        assert (usage.message_id, usage.event_name) == (message_id, "User Login")
        assert (usage.user_id, usage.tenant) == ("user_2", organization_id)
        assert dict(usage.properties) == {"Name": "Ada", "Region": "unknown"}
        assert usage.created_at.ToMilliseconds() == ids.decode("msg", message_id).int >> 80


async def test_usages_are_found_by_name_user_and_tenant_exactly(names, deliver, organization_id):
    await deliver("Car Registered")
    await deliver("Car Registered", for_id="user_12")
    await deliver("Car Registered Again", for_id=ANONYMOUS)
    await deliver("Elsewhere", TenantIdOverride=ids.new_id("org"))

    assert await names(organization_id=organization_id) == ["Car Registered", "Car Registered", "Car Registered Again"]
    assert await names(organization_id=organization_id, event_name="Car Registered", user_id="user_1") == [
        "Car Registered"
    ]
    assert await names(organization_id=organization_id, user_id="anonymous") == ["Car Registered Again"]
    assert await names(organization_id=organization_id, event_name="Car") == []


async def test_without_an_organization_those_of_the_platform_are_found_too(names, deliver):
    name = f"Seen {ids.new_id('car')}"
    await deliver(name)
    await deliver(name, tenant=None)

    assert await names(event_name=name) == [name, name]


async def test_both_ends_of_the_time_looked_at_are_left_out_and_two_weeks_are_the_default(
    names, deliver, organization_id
):
    now = datetime.now(UTC).replace(microsecond=0)
    for days in (15, 3, 2, 1):
        await deliver(f"{days} days ago", message_id=queued_at(now - timedelta(days=days)))
    since, until = to_timestamp(now - timedelta(days=3)), to_timestamp(now - timedelta(days=1))

    assert await names(organization_id=organization_id, since_at=since, until_at=until) == ["2 days ago"]
    assert await names(organization_id=organization_id) == ["3 days ago", "2 days ago", "1 days ago"]


async def test_pages_follow_each_other_in_the_order_asked_for(usages_service, deliver, organization_id, operator):
    for name in ("B", "A", "C"):
        await deliver(name)
    request = SearchUsagesRequest(organization_id=organization_id, page_size=2, order_by="event_name desc")

    first = await usages_service.SearchUsages(request, metadata=operator)
    request.page_token = first.next_page_token
    second = await usages_service.SearchUsages(request, metadata=operator)

    assert [[usage.event_name for usage in page.usages] for page in (first, second)] == [["C", "B"], ["A"]]
    assert (first.total_size, second.next_page_token) == (3, "")


_NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"since_at": to_timestamp(_NOW + timedelta(hours=3))}, {"since_at": "SINCE_TOO_FUTURE"}),
        ({"since_at": to_timestamp(_NOW), "until_at": to_timestamp(_NOW)}, {"until_at": "INVALID_UNTIL"}),
        ({"organization_id": ids.new_id("user")}, {"organization_id": "INVALID_ID"}),
        ({"event_name": "x" * 201}, {"event_name": "INVALID_EVENT_NAME"}),
        ({"user_id": "x" * 201}, {"user_id": "INVALID_ID"}),
        ({"page_size": -1}, {"page_size": "INVALID_PAGE_SIZE"}),
        ({"page_token": "x"}, {"page_token": "INVALID_PAGE_TOKEN"}),
        ({"order_by": "tenant"}, {"order_by": "INVALID_ORDER_BY"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(usages_service, operator, fields, violations):
    refused = await refusal(usages_service.SearchUsages(SearchUsagesRequest(**fields), metadata=operator))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == violations


async def test_only_operators_may(usages_service, server, cast):
    member = await cast.member(ids.new_id("org"), roles=("tenant_member", "tenant_owner"))

    async def told(metadata=None):
        refused = await refusal(usages_service.SearchUsages(SearchUsagesRequest(), metadata=metadata))
        return refused.code, refused.reason

    assert await told() == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert await told(member.metadata) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
    assert await told(server.as_service()) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
