"""RecordMeasurement: something is counted, and told to analytics as well."""

import asyncio
import json
import uuid

import grpc
import pytest
from tenantry.recording.v1.recording_service_pb2 import RecordMeasurementRequest

from server.kernel import ids
from server.kernel.access.caller import SERVICE_CLIENT
from server.kernel.telemetry import metrics
from server.subdomains.ancillary.recording.measures import Measures
from tests.harness import properties_of, refusal
from tests.recording.additional import NULL, REFUSED, value_of, values_of


@pytest.fixture
def record(recording_service, server):
    async def call(**fields):
        request = RecordMeasurementRequest(**{"event_name": "Page Rendered"} | fields)
        return await recording_service.RecordMeasurement(request, metadata=server.as_service(SERVICE_CLIENT))

    return call


def counted(name: str) -> int:
    """How often something was measured in this process."""
    [measures] = [each for each in metrics.read_all() if each.name == "tenantry.measures"]
    count: int = dict(measures.points).get((("name", name),), 0)
    return count


async def test_a_measure_is_counted_and_told_as_a_usage_of_the_service_account(record, server):
    additional = values_of(Path="/cars", Milliseconds=12.5, Count=99, Cached=True) | {"Nothing": NULL}

    await record(event_name="Page Rendered", additional=additional)

    assert counted("Page Rendered") == 1
    [usage] = await server.queued("usages", "page rendered")
    message = json.loads(usage)
    assert (message["ForId"], message["EventName"]) == (SERVICE_CLIENT, "Measured")
    assert properties_of(usage) == {
        "Metric": "page rendered",
        "Path": "/cars",
        "Milliseconds": "12.5",
        "Count": "99",
        "Cached": "True",
    }
    assert message["Additional"]["Component"] == "API"
    assert message["Additional"]["CallId"] == message["CallId"]


async def test_a_component_that_is_said_stays_and_the_metric_is_ours(record, server):
    await record(event_name="Seen", additional=values_of(Component="WEB", Metric="else"))

    [usage] = await server.queued("usages", "Measured")
    additional = json.loads(usage)["Additional"]
    assert (additional["Component"], additional["Metric"]) == ("WEB", "seen")


async def test_a_name_of_nothing_is_dropped_silently(record, server):
    await record(event_name="   ")

    assert counted("   ") == 0
    assert await server.queued("usages", "") == []


async def test_a_repeat_is_recorded_once(record, server):
    request_id = str(uuid.uuid4())
    additional = {f"Name{number}": value_of(number) for number in range(50)}
    backwards = dict(reversed(additional.items()))

    await asyncio.gather(*(record(event_name="Once", request_id=request_id, additional=additional) for _ in range(3)))
    await record(event_name="Once", request_id=request_id, additional=backwards)
    reused = await refusal(record(event_name="Twice", request_id=request_id))

    assert (reused.code, reused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")
    assert counted("Once") == 1
    assert len(await server.queued("usages", "Measured")) == 1


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb", "a\0b"])
async def test_the_name_has_1_to_100_printable_characters(record, server, name):
    refused = await refusal(record(event_name=name))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == {"event_name": "INVALID_EVENT_NAME"}
    assert await server.queued("usages", "") == []


@pytest.mark.parametrize("case", REFUSED)
async def test_properties_that_break_a_rule_are_refused(record, server, case):
    additional, violations = REFUSED[case]

    refused = await refusal(record(event_name="Refused", additional=additional))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)
    assert counted("Refused") == 0
    assert await server.queued("usages", "") == []


async def test_a_thousand_names_are_counted_and_any_other_as_other():
    counter = metrics.Counter("tests.names", "Counted by this test.")
    measures = Measures(counter, most_names=1000)

    for number in range(1002):
        measures.add(f"name {number}")
    measures.add("name 0")

    assert [counter.value(name=name) for name in ("name 0", "name 999", "name 1000", "other")] == [2, 1, 0, 2]


async def test_only_service_accounts_may(recording_service, cast):
    request = RecordMeasurementRequest(event_name="Seen")
    member = await cast.member(ids.new_id("org"))
    operator = await cast.member(platform_roles=("platform_operations",))

    nobody = await refusal(recording_service.RecordMeasurement(request))
    people = [
        await refusal(recording_service.RecordMeasurement(request, metadata=who.metadata)) for who in (member, operator)
    ]

    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert {(each.code, each.reason) for each in people} == {(grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")}
