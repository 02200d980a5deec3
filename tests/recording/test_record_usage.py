"""RecordUsage: a usage of the service account is queued."""

import json
import uuid

import grpc
import pytest
from tenantry.recording.v1.recording_service_pb2 import RecordUsageRequest

from server.kernel import ids
from server.kernel.access.caller import SERVICE_CLIENT
from tests.harness import properties_of, refusal
from tests.recording.additional import NULL, REFUSED, values_of


@pytest.fixture
def record(recording_service, server):
    async def call(**fields):
        request = RecordUsageRequest(**{"event_name": "Page Visited"} | fields)
        return await recording_service.RecordUsage(request, metadata=server.as_service(SERVICE_CLIENT))

    return call


async def test_a_usage_of_the_service_account_is_queued(record, server):
    organization_id = ids.new_id("org")

    await record(additional=values_of(Path="/cars", TenantId=organization_id) | {"Nothing": NULL})

    [usage] = await server.queued("usages", "Page Visited")
    assert json.loads(usage)["ForId"] == SERVICE_CLIENT
    assert properties_of(usage) == {"Path": "/cars", "TenantId": organization_id}


async def test_without_properties_there_are_only_those_that_every_usage_gets(record, server):
    await record()

    [usage] = await server.queued("usages", "Page Visited")
    assert set(json.loads(usage)["Additional"]) == {"Component", "CallId"}


@pytest.mark.parametrize("name", ["ForId", "for_id", "uow", "self", "event_name", "CallerId"])
async def test_no_property_changes_whose_usage_it_is(record, server, name):
    await record(additional=values_of(**{name: "somebody else"}))

    [usage] = await server.queued("usages", "Page Visited")
    message = json.loads(usage)
    assert (message["ForId"], message["CallerId"]) == (SERVICE_CLIENT, SERVICE_CLIENT)
    assert properties_of(usage) == {name: "somebody else"}


async def test_a_name_of_nothing_is_dropped_silently(record, server):
    await record(event_name="   ")

    assert await server.queued("usages", "") == []


async def test_a_repeat_is_recorded_once(record, server):
    request_id = str(uuid.uuid4())

    for _ in range(2):
        await record(request_id=request_id)
    reused = await refusal(record(request_id=request_id, additional=values_of(Make="Honda")))

    assert (reused.code, reused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")
    assert len(await server.queued("usages", "Page Visited")) == 1


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb", "a\0b"])
async def test_the_name_has_1_to_100_printable_characters(record, server, name):
    refused = await refusal(record(event_name=name))

    assert (refused.code, refused.violations) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        {"event_name": "INVALID_EVENT_NAME"},
    )
    assert await server.queued("usages", "") == []


@pytest.mark.parametrize("case", REFUSED)
async def test_properties_that_break_a_rule_are_refused(record, server, case):
    additional, violations = REFUSED[case]

    refused = await refusal(record(additional=additional))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)
    assert await server.queued("usages", "") == []


async def test_only_service_accounts_may(recording_service, cast):
    request = RecordUsageRequest(event_name="Seen")
    member = await cast.member(ids.new_id("org"))
    operator = await cast.member(platform_roles=("platform_operations",))

    nobody = await refusal(recording_service.RecordUsage(request))
    people = [
        await refusal(recording_service.RecordUsage(request, metadata=who.metadata)) for who in (member, operator)
    ]

    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert {(each.code, each.reason) for each in people} == {(grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")}
