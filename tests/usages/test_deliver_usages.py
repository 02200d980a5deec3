"""DeliverUsages: queued usages are told to analytics, here our own store."""

import asyncio
import json
import secrets

import grpc
import pytest
from tenantry.usages.v1.usages_service_pb2 import DeliverUsagesRequest
from tenantry.usages.v1.usages_service_pb2_grpc import UsagesServiceStub

from server.kernel import ids
from server.kernel.access.caller import ANONYMOUS
from server.subdomains.ancillary.usages.wiring import usages
from tests.harness import refusal, running
from tests.messages import DELIVERED, REFUSED, UNREADABLE, message, outcomes
from tests.wire import counting

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.1.2 Safari/537.36"
)
_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def deliver(usages_service, server):
    async def call(*messages):
        answer = await usages_service.DeliverUsages(
            DeliverUsagesRequest(messages=messages), metadata=server.as_service()
        )
        return answer.results

    return call


@pytest.fixture
def told(deliver, server):
    """What analytics is told of one usage: kind, user, tenant and properties of each record."""

    async def of(event_name, additional=None, **members):
        message_id = ids.new_id("msg")
        text = message(message_id, **{"ForId": "user_1", "EventName": event_name, "Additional": additional} | members)
        assert outcomes(await deliver(text)) == [(DELIVERED, "")]
        sql = "SELECT * FROM usages.usage_record WHERE message_id = $1 ORDER BY position"
        rows = await server.rows(sql, ids.decode("msg", message_id))
        assert {row["event_name"] for row in rows} == {event_name}
        return [(row["kind"], row["user_id"], row["tenant"], json.loads(row["properties"])) for row in rows]

    return of


async def test_who_and_where_are_kept_shortened_and_hold_up_nobody_else(deliver, server):
    endless = secrets.token_hex(20_000)  # nothing that a database could compress
    long_usage = message(ForId=endless, EventName="Long", Additional={"TenantId": endless})

    results = await deliver(long_usage, message(ForId="user_1", EventName="Short"))

    assert outcomes(results) == [(DELIVERED, ""), (DELIVERED, "")]
    rows = await server.rows("SELECT user_id, tenant FROM usages.usage_record WHERE event_name = 'Long'")
    assert [(row["user_id"], row["tenant"]) for row in rows] == [(endless[:200], endless[:200])]


async def test_a_usage_is_tracked_for_its_user_in_its_organization(told):
    organization_id = ids.new_id("org")

    records = await told("Car Registered", {"Make": "Honda"}, TenantId=organization_id, OriginHostRegion="eu")

    assert records == [("track", "user_1", organization_id, {"Region": "eu", "Make": "Honda"})]


async def test_without_anything_said_region_and_tenant_have_a_name(told):
    assert await told("Car Registered") == [("track", "user_1", "platform", {"Region": "unknown"})]


async def test_a_region_among_the_properties_stays(told):
    [(_, _, _, properties)] = await told("Car Registered", {"Region": "moon"}, OriginHostRegion="eu")

    assert properties == {"Region": "moon"}


async def test_nobody_is_anonymous(told):
    [(_, user, _, _)] = await told("Page Viewed", ForId=ANONYMOUS)

    assert user == "anonymous"


@pytest.mark.parametrize(
    ("event_name", "additional", "tenant"),
    [
        ("Organization Created", {"ResourceId": "org_r", "TenantIdOverride": "org_o", "TenantId": "org_p"}, "org_r"),
        ("Organization Updated", {"ResourceId": "org_r"}, "org_r"),
        ("Organization Created", {"TenantIdOverride": "org_o", "TenantId": "org_p"}, "org_o"),
        ("Car Registered", {"ResourceId": "car_1", "TenantIdOverride": "org_o", "TenantId": "org_p"}, "org_o"),
        ("Car Registered", {"TenantId": "org_p"}, "org_p"),
    ],
)
async def test_the_tenant_is_the_first_that_is_said(told, event_name, additional, tenant):
    records = await told(event_name, additional, TenantId=ids.new_id("org"))

    assert {record[2] for record in records} == {tenant}


@pytest.mark.parametrize(
    ("event_name", "additional"),
    [
        ("User Login", {"UserIdOverride": "user_2"}),
        ("User Registration Created", {"ResourceId": "user_2"}),
        ("Machine Registered", {"ResourceId": "user_2"}),
        ("User Profile Updated", {"ResourceId": "user_2", "Name": "Ada"}),
        ("User Profile Updated", {"ResourceId": "user_2", "EmailAddress": "ada@example.com"}),
        ("Organization Created", {"ResourceId": "org_1"}),
        ("Organization Updated", {"ResourceId": "org_1"}),
        ("Membership Added", {"ResourceId": "mship_1", "TenantIdOverride": "org_1"}),
        ("Membership Changed", {"ResourceId": "mship_1", "TenantIdOverride": "org_1"}),
    ],
)
async def test_what_says_who_somebody_is_is_identified_first(told, event_name, additional):
    records = await told(event_name, additional)

    assert [record[0] for record in records] == ["identify", "track"]


@pytest.mark.parametrize(
    ("event_name", "additional"),
    [
        ("User Login", {"ResourceId": "user_2"}),
        ("User Registration Created", {}),
        ("User Profile Updated", {"ResourceId": "user_2"}),
        ("User Profile Updated", {"Name": "Ada"}),
        ("Organization Created", {}),
        ("Membership Added", {"ResourceId": "mship_1"}),
        ("Membership Changed", {"TenantIdOverride": "org_1"}),
        ("Car Registered", {"ResourceId": "car_1"}),
    ],
)
async def test_anything_else_is_only_tracked(told, event_name, additional):
    records = await told(event_name, additional)

    assert [record[0] for record in records] == ["track"]


async def test_a_login_is_told_again_for_the_default_organization(told):
    additional = {"UserIdOverride": "user_2", "DefaultOrganizationId": "org_d", "Component": "API"}

    records = await told("User Login", additional)

    properties = {"Region": "unknown", "Component": "API"}
    assert records == [
        ("identify", "user_2", "platform", properties),
        ("track", "user_2", "platform", properties),
        ("identify", "user_2", "org_d", properties),
        ("track", "user_2", "org_d", properties),
    ]


async def test_one_that_nobody_can_be_known_by_is_not_told_again(told):
    assert len(await told("User Login", {"DefaultOrganizationId": "org_d"})) == 1
    assert len(await told("Car Registered", {"DefaultOrganizationId": "org_d", "ResourceId": "car_1"})) == 1


@pytest.mark.parametrize(
    ("user_agent", "properties"),
    [
        (_CHROME, {"Browser": "Chrome", "BrowserVersion": "124.0.1", "OperatingSystem": "Windows 10"}),
        (
            _IPHONE,
            {"Browser": "Mobile Safari", "BrowserVersion": "17.4", "OperatingSystem": "iOS 17.4", "Device": "iPhone"},
        ),
        ("curl/8.1.2", {"Browser": "curl", "BrowserVersion": "8.1.2"}),
        ("nothing that is known", {}),
        ("x" * 10_000, {}),
    ],
)
async def test_a_user_agent_is_told_in_parts(told, user_agent, properties):
    [(_, _, _, found)] = await told("Page Viewed", {"UserAgent": user_agent})

    assert found == {"Region": "unknown"} | properties


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"ForId": None, "EventName": None}, "USAGE_MISSING_FOR_ID"),
        ({"ForId": " "}, "USAGE_MISSING_FOR_ID"),
        ({"EventName": None}, "USAGE_MISSING_EVENT_NAME"),
        ({"EventName": ""}, "USAGE_MISSING_EVENT_NAME"),
        ({"ForId": 1}, "INVALID_QUEUED_MESSAGE"),
        ({"Additional": []}, "INVALID_QUEUED_MESSAGE"),
        ({"Additional": {"Year": 2023}}, "INVALID_QUEUED_MESSAGE"),
        ({"Additional": {"\0": "x"}}, "INVALID_QUEUED_MESSAGE"),
        ({"Additional": {"x": "\udfff"}}, "INVALID_QUEUED_MESSAGE"),
    ],
)
async def test_a_usage_that_breaks_a_rule_is_refused(deliver, members, reason):
    text = message(**{"ForId": "user_1", "EventName": "Car Registered"} | members)

    assert outcomes(await deliver(text)) == [(REFUSED, reason)]


@pytest.mark.parametrize("case", UNREADABLE)
async def test_what_cannot_be_read_is_refused(deliver, case):
    text, reason = UNREADABLE[case]

    assert outcomes(await deliver(text)) == [(REFUSED, reason)]


async def test_the_good_messages_of_a_batch_are_told_and_repeats_are_not(deliver, server):
    organization_id, message_id = ids.new_id("org"), ids.new_id("msg")
    login = message(message_id, ForId="user_1", EventName="User Login", TenantId=organization_id)

    results = await deliver(login, "{", login, message(ForId="user_1", EventName="Other", TenantId=organization_id))
    again = await asyncio.gather(*(deliver(login) for _ in range(5)))

    assert outcomes(results) == [
        (DELIVERED, ""),
        (REFUSED, "INVALID_QUEUED_MESSAGE"),
        (DELIVERED, ""),
        (DELIVERED, ""),
    ]
    assert [outcomes(each) for each in again] == [[(DELIVERED, "")]] * 5
    sql = "SELECT event_name FROM usages.usage_record WHERE tenant = $1 ORDER BY created_at, id"
    assert [row["event_name"] for row in await server.rows(sql, organization_id)] == ["User Login", "Other"]


async def test_messages_without_an_id_are_told_each_time(deliver, server):
    organization_id = ids.new_id("org")
    text = json.dumps({"TenantId": organization_id, "ForId": "user_1", "EventName": "Seen"})

    results = await deliver(text, text)

    assert [result.HasField("message_id") for result in results] == [False, False]
    sql = "SELECT 1 FROM usages.usage_record WHERE tenant = $1"
    assert len(await server.rows(sql, organization_id)) == 2


async def test_a_hundred_messages_are_taken(deliver):
    results = await deliver(*(message(ForId="user_1", EventName=f"Event{number}") for number in range(100)))

    assert outcomes(results) == [(DELIVERED, "")] * 100


@pytest.mark.parametrize("count", [0, 101])
async def test_no_message_and_too_many_are_refused(deliver, count):
    refused = await refusal(deliver(*(message(ForId="user_1", EventName="Seen") for _ in range(count))))

    assert (refused.code, refused.violations) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        {"messages": "INVALID_MESSAGES"},
    )


async def test_only_service_accounts_may(usages_service, cast):
    request = DeliverUsagesRequest(messages=[message(ForId="user_1", EventName="Seen")])
    member = await cast.member(ids.new_id("org"))
    operator = await cast.member(platform_roles=("platform_operations",))

    nobody = await refusal(usages_service.DeliverUsages(request))
    people = [await refusal(usages_service.DeliverUsages(request, metadata=who.metadata)) for who in (member, operator)]

    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert {(each.code, each.reason) for each in people} == {(grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")}


async def test_a_hundred_messages_are_one_round_trip(dsn):
    texts = [message(ForId="user_1", EventName="User Login", Additional={"UserIdOverride": "u"}) for _ in range(100)]
    async with counting(dsn) as wire, running(wire.dsn, lambda platform: [usages(platform)]) as counted:
        service = UsagesServiceStub(counted.channel)
        request = DeliverUsagesRequest(messages=texts)
        await service.DeliverUsages(request, metadata=counted.as_service())  # statements are prepared once
        before = wire.round_trips

        await service.DeliverUsages(request, metadata=counted.as_service())

        assert wire.round_trips - before == 1
