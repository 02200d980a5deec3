"""The flags file: read at the start, read again when it changes, and kept when it breaks."""

import asyncio
import json
import logging
import os
import time

import grpc
import pytest
from tenantry.feature_flags.v1.feature_flags_service_pb2 import GetFeatureFlagForCallerRequest
from tenantry.feature_flags.v1.feature_flags_service_pb2_grpc import FeatureFlagsServiceStub

from server.kernel.settings import SettingsError
from tests.feature_flags.flags import flag, flags
from tests.harness import refusal_of

BROKEN = {
    "no JSON": '{"flags": {',
    "nothing": "",
    "a list": "[]",
    "no flags": "{}",
    "flags in a list": '{"flags": []}',
    "a flag that is a text": flags(new="on"),
    "a flag without a state": flags(new={"variants": {"on": True}}),
    "a flag without variants": flags(new={"state": "ENABLED", "variants": {}}),
    "a default that is no variant": flags(new=flag("nowhere")),
    "evaluators in a list": flags() | {"$evaluators": []},
    "too deep": "[" * 100_000,
}


async def is_on(server, name="new"):
    """Whether a flag is on; None when there is none."""
    service = FeatureFlagsServiceStub(server.channel)
    try:
        return (await service.GetFeatureFlagForCaller(GetFeatureFlagForCallerRequest(name=name))).flag.is_enabled
    except grpc.aio.AioRpcError as error:
        if refusal_of(error).reason != "FLAG_NOT_FOUND":
            raise
        return None


async def becomes(server, expected, name="new"):
    """Within the three seconds that a change may take at the very most."""
    ends_at = time.monotonic() + 3
    while await is_on(server, name) != expected:
        assert time.monotonic() < ends_at, f"{name} has not become {expected}"
        await asyncio.sleep(0.05)


async def test_a_change_is_seen_while_the_server_runs(serve, write):
    async with serve(flags_file=write(flags(old=flag("on")))) as server:
        assert await is_on(server) is None

        write(flags(new=flag("off")))
        await becomes(server, False)
        assert await is_on(server, "old") is None
        write(flags(new=flag("on")))
        await becomes(server, True)


async def test_a_file_that_is_as_long_and_older_than_the_one_it_replaces_counts_too(serve, write):
    path = write(json.dumps(flags(new=flag("off"))).ljust(1000))
    async with serve(flags_file=path) as server:
        assert await is_on(server) is False

        os.utime(write(json.dumps(flags(new=flag("on"))).ljust(1000)), (0, 0))

        await becomes(server, True)


@pytest.mark.parametrize("case", ["no JSON", "a flag without a state", "a default that is no variant"])
async def test_a_file_that_breaks_changes_nothing_and_one_that_is_mended_counts(serve, write, caplog, case):
    async with serve(flags_file=write(flags(new=flag("on")))) as server:
        with caplog.at_level(logging.WARNING, "server.subdomains.ancillary.feature_flags"):
            write(BROKEN[case])
            ends_at = time.monotonic() + 3
            while not caplog.records:
                assert await is_on(server)
                assert time.monotonic() < ends_at, "nobody was told"
                await asyncio.sleep(0.05)
        assert await is_on(server)

        write(flags(new=flag("off")))
        await becomes(server, False)


async def test_a_file_that_is_gone_changes_nothing_and_is_told_once(serve, write, caplog):
    path = write(flags(new=flag("on")))
    async with serve(flags_file=path) as server:
        path.unlink()

        ends_at = time.monotonic() + 2.5
        while time.monotonic() < ends_at:
            assert await is_on(server)
            await asyncio.sleep(0.1)

    assert [record.message for record in caplog.records] == ["the flags file is wrong; flags stay as they were"]


@pytest.mark.parametrize("case", BROKEN)
async def test_a_bad_file_stops_the_start(serve, write, case):
    with pytest.raises(SettingsError, match="TENANTRY_FLAGS_FILE is wrong"):
        async with serve(flags_file=write(BROKEN[case])):
            pass


async def test_a_missing_file_stops_the_start(serve, tmp_path):
    with pytest.raises(SettingsError, match="TENANTRY_FLAGS_FILE is wrong"):
        async with serve(flags_file=tmp_path / "nowhere.json"):
            pass


async def test_rules_may_be_shared(serve, write):
    content = flags(new=flag(targeting={"if": [{"$ref": "everybody"}, "on", None]}))
    async with serve(flags_file=write(content | {"$evaluators": {"everybody": {"==": [1, 1]}}})) as server:
        assert await is_on(server)
