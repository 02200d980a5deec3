"""Usages told to PostHog: one call a batch, each event once, and one bad message costs no other its place."""

import asyncio
import subprocess
import sys
from datetime import datetime

import pytest
import pytest_asyncio
from tenantry.usages.v1.usages_service_pb2 import DeliverAllUsagesRequest, DeliverUsagesRequest, SearchUsagesRequest
from tenantry.usages.v1.usages_service_pb2_grpc import UsagesServiceStub

from server.kernel import ids
from server.kernel.settings import SettingsError, read
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.ancillary.usages.settings import UsageSettings
from tests.messages import DELIVERED, REFUSED, RETRY_LATER, message, outcomes
from tests.usages.posthog_server import API_KEY, PostHogServer, posthog

FAILED, NEVER = (RETRY_LATER, "USAGE_GATEWAY_FAILED"), (REFUSED, "USAGE_GATEWAY_REFUSED")


@pytest_asyncio.fixture
async def outside():
    async with posthog() as found:
        yield found


@pytest_asyncio.fixture
async def told(outside, serve):
    """A server that tells PostHog."""
    async with serve(usage_gateway="posthog", posthog_host=outside.url, posthog_api_key=API_KEY) as found:
        yield found


@pytest.fixture
def deliver(told):
    async def call(*messages):
        service = UsagesServiceStub(told.channel)
        request = DeliverUsagesRequest(messages=messages)
        return (await service.DeliverUsages(request, metadata=told.as_service())).results

    return call


def usage(event_name, message_id=None, **additional):
    return message(message_id, ForId="user_1", EventName=event_name, Additional=additional)


def said(outside: PostHogServer):
    """The event and its properties of everything that was kept."""
    return [(event["event"], event["properties"]) for event in outside.events.values()]


async def test_what_somebody_did_is_captured_for_them_and_their_organization(deliver, outside):
    organization_id, message_id = ids.new_id("org"), ids.new_id("msg")
    text = message(
        message_id, ForId="user_1", EventName="Car Registered", TenantId=organization_id, Additional={"Make": "Honda"}
    )

    assert outcomes(await deliver(text)) == [(DELIVERED, "")]

    [event] = outside.events.values()
    assert event["event"] == "Car Registered"
    assert event["distinct_id"] == "user_1"
    assert event["properties"] == {
        "Make": "Honda",
        "Region": "unknown",
        "$groups": {"organization": organization_id},
        "$geoip_disable": True,
    }
    milliseconds = ids.decode("msg", message_id).int >> 80
    assert datetime.fromisoformat(event["timestamp"]).timestamp() == pytest.approx(milliseconds / 1000)


async def test_who_somebody_is_is_identified_with_name_and_address_before(deliver, outside):
    await deliver(usage("User Login", UserIdOverride="user_2", Name="Ada L", EmailAddress="ada@example.com", Plan="x"))

    assert {event["distinct_id"] for event in outside.events.values()} == {"user_2"}
    (first, identified), (second, _) = said(outside)
    assert (first, second) == ("$identify", "User Login")
    assert identified == {
        "$set": {"name": "Ada L", "email": "ada@example.com"},
        "$groups": {"organization": "platform"},
        "$geoip_disable": True,
    }


@pytest.mark.parametrize("event_name", ["Organization Created", "Organization Updated", "Membership Added"])
async def test_the_name_of_an_organization_is_that_of_the_group(deliver, outside, event_name):
    await deliver(usage(event_name, ResourceId="org_1", TenantIdOverride="org_1", Name="Acme", UserIdOverride="user_2"))

    (first, identified), (second, _) = said(outside)
    assert (first, second) == ("$groupidentify", event_name)
    assert identified == {
        "$group_type": "organization",
        "$group_key": "org_1",
        "$group_set": {"name": "Acme"},
        "$geoip_disable": True,
    }


async def test_the_name_in_a_changed_membership_is_that_of_the_user(deliver, outside):
    await deliver(usage("Membership Changed", ResourceId="mship_1", TenantIdOverride="org_1", Name="Ada L"))

    [(first, identified), _] = said(outside)
    assert (first, identified["$set"]) == ("$identify", {"name": "Ada L"})
    assert identified["$groups"] == {"organization": "org_1"}


async def test_a_login_is_told_for_both_of_its_organizations(deliver, outside):
    await deliver(usage("User Login", UserIdOverride="user_2", DefaultOrganizationId="org_d"))

    groups = [(event, properties["$groups"]["organization"]) for event, properties in said(outside)]
    assert groups == [
        ("$identify", "platform"),
        ("User Login", "platform"),
        ("$identify", "org_d"),
        ("User Login", "org_d"),
    ]


async def test_a_hundred_messages_are_one_call(deliver, outside):
    results = await deliver(*(usage(f"Event{number}") for number in range(100)))

    assert outcomes(results) == [(DELIVERED, "")] * 100
    assert [event["event"] for event in outside.events.values()] == [f"Event{number}" for number in range(100)]
    assert outside.calls == 1


async def test_a_message_that_comes_again_is_the_same_event_again(deliver, outside):
    login = usage("User Login", UserIdOverride="user_2")

    results = [*await deliver(login, login), *await deliver(login)]

    assert outcomes(results) == [(DELIVERED, "")] * 3
    assert [event for event, _ in said(outside)] == ["$identify", "User Login"]


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
async def test_while_it_is_in_a_bad_way_all_is_to_be_tried_again_and_then_told_once(deliver, outside, status):
    texts = [usage("One"), "{", usage("Two")]
    outside.answers = status

    assert outcomes(await deliver(*texts)) == [FAILED, (REFUSED, "INVALID_QUEUED_MESSAGE"), FAILED]
    assert outside.calls == 1
    outside.answers = None
    assert outcomes(await deliver(texts[0], texts[2])) == [(DELIVERED, "")] * 2
    assert [event for event, _ in said(outside)] == ["One", "Two"]


async def test_a_connection_that_breaks_is_tried_again_later(deliver, outside):
    outside.hangs_up = True

    assert outcomes(await deliver(usage("One"))) == [FAILED]


async def test_a_host_where_nobody_listens_is_tried_again_later(serve):
    async with serve(usage_gateway="posthog", posthog_host="http://127.0.0.1:1", posthog_api_key=API_KEY) as told:
        request = DeliverUsagesRequest(messages=[usage("One")])
        answer = await UsagesServiceStub(told.channel).DeliverUsages(request, metadata=told.as_service())

    assert outcomes(answer.results) == [FAILED]


async def test_a_wrong_key_costs_nothing_once_it_is_mended(serve, outside):
    async with serve(usage_gateway="posthog", posthog_host=outside.url, posthog_api_key="phc_other") as told:
        request = DeliverUsagesRequest(messages=[usage("One"), usage("Two")])
        answer = await UsagesServiceStub(told.channel).DeliverUsages(request, metadata=told.as_service())

    assert outcomes(answer.results) == [FAILED, FAILED]
    assert outside.calls == 1


async def test_a_redirect_is_no_success(deliver, outside):
    outside.answers = 302

    [result] = await deliver(usage("One"))

    assert outcomes([result]) == [FAILED]
    assert "TENANTRY_POSTHOG_HOST" in result.description


async def test_what_it_refuses_for_good_is_found_among_the_others(deliver, outside):
    too_large = usage("Huge", Text="x" * 1_000_000)
    good = [usage(f"Event{number}") for number in range(9)]

    results = await deliver(*good[:6], too_large, *good[6:])

    assert outcomes(results) == [*[(DELIVERED, "")] * 6, NEVER, *[(DELIVERED, "")] * 3]
    assert [event for event, _ in said(outside)] == [f"Event{number}" for number in range(9)]
    assert outside.calls < 10


async def test_one_that_it_never_answers_holds_nobody_up(deliver, outside, told, monkeypatch):
    monkeypatch.setattr("server.subdomains.ancillary.usages.adapters.posthog._SECONDS", 0.5)
    outside.hangs = True
    waiting = asyncio.create_task(deliver(usage("One")))
    await asyncio.sleep(0.1)

    started = asyncio.get_running_loop().time()
    assert outcomes(await deliver("{")) == [(REFUSED, "INVALID_QUEUED_MESSAGE")]
    assert asyncio.get_running_loop().time() - started < 0.2
    assert outcomes(await waiting) == [FAILED]


async def test_what_use_cases_recorded_is_told_and_kept_nowhere_here(told, outside, operator):
    resource_id = ids.new_id("car")
    async with told.database.begin() as uow:
        UsagesApi.of(told.app.platform).record(uow, "Car Registered", ResourceId=resource_id)
    service = UsagesServiceStub(told.channel)

    drained = await service.DeliverAllUsages(DeliverAllUsagesRequest())

    assert (drained.delivered_count, drained.failed_count) == (1, 0)
    [(event, properties)] = said(outside)
    assert (event, properties["ResourceId"]) == ("Car Registered", resource_id)
    found = await service.SearchUsages(SearchUsagesRequest(event_name="Car Registered"), metadata=operator)
    assert resource_id not in {usage.properties["ResourceId"] for usage in found.usages}


def test_its_key_must_be_given(monkeypatch):
    monkeypatch.setenv("TENANTRY_USAGE_GATEWAY", "posthog")

    with pytest.raises(SettingsError, match="TENANTRY_POSTHOG_API_KEY is needed"):
        read(UsageSettings)


def test_its_client_is_not_in_memory_where_it_is_not_chosen():
    program = "import sys; from server import composition; print('posthog' in sys.modules, 'requests' in sys.modules)"

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == ["False", "False"]
