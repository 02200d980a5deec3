"""ExportAudits through the real gateway: one JSON a line, whole or visibly not."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from server.kernel import ids
from server.launch import gateway_config
from tests.audits.test_export_audits import LONG_AGO, MANY, numbered
from tests.everything.world import Ways, standing_gateway
from tests.harness import Running

PATH = "/operations/audits/export"


@pytest_asyncio.fixture(scope="module")
async def ways(server: Running) -> AsyncIterator[Ways]:
    with tempfile.TemporaryDirectory(prefix="tenantry-") as folder:
        async with standing_gateway(server.port, Path(folder)) as found:
            yield found


@pytest_asyncio.fixture
async def query(server):
    """What asks for the 1,200 audits of a new organization."""
    organization_id = ids.new_id("org")
    first = datetime.now(UTC) - timedelta(days=40)
    await server.rows(MANY, ids.decode("org", organization_id), first, 1200, 10)
    return {"organizationId": organization_id, "sinceAt": LONG_AGO.ToJsonString()}


async def test_each_line_is_a_json_of_some_audits_and_the_last_has_no_token(ways, query, operator):
    answer = await ways.client.get(PATH, params=query, headers=list(operator))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [len(line["audits"]) for line in lines] == [500, 500, 200, 0]
    assert [audit["auditCode"] for line in lines for audit in line["audits"]] == numbered(1, 1200)
    assert [bool(line["nextPageToken"]) for line in lines] == [True, True, True, False]


async def test_it_goes_on_after_the_last_line_that_came(ways, query, operator):
    async with ways.client.stream("GET", PATH, params=query, headers=list(operator)) as answer:
        first = json.loads(await anext(answer.aiter_lines()))

    rest = await ways.client.get(PATH, params=query | {"pageToken": first["nextPageToken"]}, headers=list(operator))

    lines = [first, *map(json.loads, rest.text.splitlines())]
    assert [audit["auditCode"] for line in lines for audit in line["audits"]] == numbered(1, 1200)


async def test_it_takes_longer_than_any_other_call_may(server, operator, tmp_path, monkeypatch):
    # given a gateway where other calls end after a second, and more than the network holds on the way
    config = gateway_config.DEVELOPMENT_CONFIG.read_text()
    assert ": 60s" in config
    (tmp_path / "envoy.yaml").write_text(config.replace(": 60s", ": 1s"))
    monkeypatch.setattr(gateway_config, "DEVELOPMENT_CONFIG", tmp_path / "envoy.yaml")
    organization_id = ids.new_id("org")
    await server.rows(MANY, ids.decode("org", organization_id), datetime.now(UTC) - timedelta(days=40), 3000, 10_000)
    query = {"organizationId": organization_id, "sinceAt": LONG_AGO.ToJsonString()}

    # when
    found = bytearray()
    with tempfile.TemporaryDirectory(prefix="tenantry-") as folder:
        async with (
            standing_gateway(server.port, Path(folder)) as ways,
            ways.client.stream("GET", PATH, params=query, headers=list(operator)) as answer,
        ):
            chunks = answer.aiter_bytes()
            found += await anext(chunks)
            await asyncio.sleep(2)
            async for chunk in chunks:
                found += chunk

    # then
    lines = [json.loads(line) for line in found.splitlines()]
    assert sum(len(line["audits"]) for line in lines) == 3000
    assert lines[-1] == {"audits": [], "nextPageToken": ""}


@pytest.mark.parametrize(
    ("fields", "status", "reason"),
    [
        ({"pageToken": "x"}, 400, "VALIDATION_FAILED"),
        ({"untilAt": "2000-01-01T00:00:00Z"}, 400, "VALIDATION_FAILED"),
        ({"nonsense": "1"}, 400, "MALFORMED_REQUEST"),
    ],
)
async def test_a_refusal_is_an_error_and_not_a_stream(ways, query, operator, fields, status, reason):
    answer = await ways.client.get(PATH, params=query | fields, headers=list(operator))

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["details"][0]["reason"] == reason


async def test_who_may_not_is_told_so(ways, query):
    answer = await ways.client.get(PATH, params=query)

    assert (answer.status_code, answer.json()["details"][0]["reason"]) == (401, "NOT_AUTHENTICATED")
