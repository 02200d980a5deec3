"""Ten megabytes: each operation that takes messages refuses them, natively and by REST, and changes nothing."""

import asyncio
import json
import re

import grpc
import httpx
import pytest

from tests.everything.calls import call_natively
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
    by_rest = await _send_until_answered(world.ways.internal, route.plain_path, dict(service))

    # then
    exhausted = grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (past_gateway.code, natively.code) == (exhausted, exhausted)
    assert by_rest.startswith(b"HTTP/1.1 413 ")
    assert b'"reason":"REQUEST_TOO_LARGE"' in by_rest
    assert changed(before, await fingerprints(world.running)) == []
    small = operation.request(messages=["nonsense"])
    for channel in (world.running.channel, world.ways.internal_channel):
        assert (await call_natively(channel, operation, small, service)).is_ok


async def _send_until_answered(client: httpx.AsyncClient, path: str, metadata: dict[str, str]) -> bytes:
    """
    What the gateway says, as a client reads it that stops sending when it is answered.

    Others go on, until the connection is closed under them: what they have not read by then may be lost.
    """
    body = json.dumps({"messages": [HUGE]}).encode()
    headers = {**metadata, "host": "test", "content-type": "application/json", "content-length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    writer.write(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body[: 2 * 1024 * 1024])
    try:
        async with asyncio.timeout(20):
            answer = await reader.readuntil(b"\r\n\r\n")
            [length] = re.findall(rb"content-length: (\d+)", answer)
            return answer + await reader.readexactly(int(length))
    finally:
        writer.close()
