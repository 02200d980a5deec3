"""Ten megabytes: each operation that takes messages refuses them, natively and by REST, and changes nothing."""

import grpc
import pytest

from tests.everything.calls import call_natively, send
from tests.everything.operations import OPERATIONS, Operation, by_name
from tests.everything.rows import changed, fingerprints
from tests.everything.world import World

TAKES_MESSAGES = [
    each for each in OPERATIONS if each.is_service_only and "messages" in each.request.DESCRIPTOR.fields_by_name
]
HUGE = '{"Filler": "' + "x" * 10_000_000 + '"}'


def test_there_are_operations_that_take_messages() -> None:
    assert {"DeliverAudits", "DeliverEmails", "DeliverSms", "DeliverUsages"} <= {each.name for each in TAKES_MESSAGES}


@pytest.mark.parametrize("operation", TAKES_MESSAGES, ids=by_name)
async def test_a_call_of_ten_megabytes_is_refused_and_the_next_one_is_answered(
    world: World, operation: Operation
) -> None:
    service = world.callers["service"].metadata
    before = await fingerprints(world.running)
    request = operation.request(messages=[HUGE])

    # when
    past_gateway = await call_natively(world.running.channel, operation, request, service)
    natively = await call_natively(world.ways.internal_channel, operation, request, service)
    route = operation.routes[0]
    by_rest = await send(world.ways.internal, route.verb, route.plain_path, {"messages": [HUGE]}, service)

    # then
    exhausted = grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (past_gateway.code, natively.code) == (exhausted, exhausted)
    assert by_rest.reason == "REQUEST_TOO_LARGE"
    assert changed(before, await fingerprints(world.running)) == []
    small = operation.request(messages=["nonsense"])
    for channel in (world.running.channel, world.ways.internal_channel):
        assert (await call_natively(channel, operation, small, service)).is_ok
