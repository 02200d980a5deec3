"""A foreign tool reads our OpenAPI and tries what it can think of: it finds no error of the server."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from server.kernel.access.caller import service_call, set_current_call
from server.kernel.deliveries.messages import Queue
from tests.everything.operations import ROOT
from tests.everything.world import World

OPENAPI = ROOT / "generated" / "openapi" / "testing.json"
IS_FULL = os.environ.get("TENANTRY_TEST_CAMPAIGN") == "full"
CHECKS = "not_a_server_error,content_type_conformance,response_schema_conformance"


@pytest.mark.campaign
async def test_schemathesis_finds_no_error_of_the_server(world: World, tmp_path: Path) -> None:
    # What other tests have left is not for one call through the gateway to carry out.
    set_current_call(service_call("call-of-a-test"))
    await world.running.app.platform.drain(Queue.DOMAIN_EVENTS)
    [(_, token)] = world.owner.metadata
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", str(OPENAPI)]
    command += ["--url", str(world.ways.client.base_url), "--header", f"authorization:{token}"]
    command += ["--checks", CHECKS, "--continue-on-failure", "--no-color", "--warnings", "off"]
    command += ["--max-examples", "200" if IS_FULL else "10"]
    command += ["--phases", "examples,coverage,fuzzing" if IS_FULL else "fuzzing"]
    command += ["--request-timeout", "60", "--suppress-health-check", "all"]
    command += [] if IS_FULL else ["--seed", "1"]
    process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, stdout=PIPE, stderr=STDOUT)
    output, _ = await process.communicate()

    assert process.returncode == 0, output.decode()[-8_000:]
