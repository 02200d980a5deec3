"""Flags of remote systems: asked for, remembered, asked for again; and what happens while they fail."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import grpc
import pytest
import pytest_asyncio
from tenantry.feature_flags.v1 import feature_flags_service_pb2 as messages
from tenantry.feature_flags.v1.feature_flags_service_pb2_grpc import FeatureFlagsServiceStub

from server.kernel import ids
from server.kernel.access.caller import ANONYMOUS
from server.kernel.settings import SettingsError
from server.subdomains.ancillary.feature_flags.api import FlagsApi
from tests.feature_flags.flags import FLAGS, SOMEBODY, SOMEWHERE
from tests.feature_flags.stand_ins import ENVIRONMENT_KEY, StandIn, flagd, flagsmith
from tests.harness import Running, refusal

TIMEOUT = 1.0
CACHE = timedelta(minutes=5)
# The same flags as FLAGS, in Flagsmith's terms: it has segments by traits and overrides by identity, and no types.
FLAGSMITH = {
    "on": lambda identity, traits: True,
    "off": lambda identity, traits: False,
    "for_somebody": lambda identity, traits: identity.get("identifier") == SOMEBODY,
    "for_users": lambda identity, traits: traits.get("type") == "user",
    "for_somewhere": lambda identity, traits: traits.get(SOMEWHERE) == "tenant",
}


@dataclass
class Remote:
    """A server whose flags come from a remote system."""

    server: Running
    system: StandIn

    async def get(self, name: str, user_id: str = SOMEBODY, organization_id: str = "", **options):
        service = FeatureFlagsServiceStub(self.server.channel)
        request = messages.GetFeatureFlagRequest(name=name, user_id=user_id, organization_id=organization_id)
        answer = await service.GetFeatureFlag(request, metadata=self.server.as_service(), **options)
        return answer.flag.is_enabled

    async def listed(self):
        service = FeatureFlagsServiceStub(self.server.channel)
        answer = await service.ListFeatureFlags(messages.ListFeatureFlagsRequest(), metadata=self.server.as_service())
        return {flag.name: flag.is_enabled for flag in answer.flags}

    async def unavailable(self, name="on", **fields):
        """Whether a flag cannot be told."""
        refused = await refusal(self.get(name, **fields))
        return (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "FLAGS_UNAVAILABLE")


@pytest_asyncio.fixture(params=["flagd", "flagsmith"])
async def remote(request, serve) -> AsyncIterator[Remote]:
    async with AsyncExitStack() as stack:
        settings = {"flags_provider": request.param, "flags_timeout_seconds": TIMEOUT}
        if request.param == "flagd":
            system = await stack.enter_async_context(flagd(FLAGS))
            settings |= {"flagd_host": "127.0.0.1", "flagd_port": system.port}
        else:
            system = stack.enter_context(flagsmith(FLAGSMITH))
            base_url = f"http://127.0.0.1:{system.port}/api/v1"
            settings |= {"flagsmith_base_url": base_url, "flagsmith_environment_key": ENVIRONMENT_KEY}
        yield Remote(await stack.enter_async_context(serve(**settings)), system)


async def test_flags_are_evaluated_for_the_user_and_the_organization(remote):
    assert await remote.get("on")
    assert not await remote.get("off")
    assert await remote.get("for_somebody")
    assert not await remote.get("for_somebody", ids.new_id("user"))
    assert await remote.get("for_users", ids.new_id("user"))
    assert await remote.get("for_somewhere", organization_id=SOMEWHERE)
    assert not await remote.get("for_somewhere", organization_id=ids.new_id("org"))
    assert not await remote.get("for_somewhere")


async def test_for_nobody_they_have_the_value_of_the_environment(remote):
    assert await remote.get("on", ANONYMOUS)
    assert not await remote.get("for_users", ANONYMOUS, SOMEWHERE)
    assert not await remote.get("for_somewhere", ANONYMOUS, SOMEWHERE)


async def test_all_flags_are_listed_with_the_values_of_the_environment(remote):
    listed = await remote.listed()

    assert listed["on"]
    assert not any(listed[name] for name in ("off", "for_somebody", "for_users", "for_somewhere"))
    assert "colour" not in listed


async def test_an_unknown_flag_is_not_found_and_costs_no_request_of_its_own(remote):
    for name in ("unknown", "colour", "also-unknown"):
        refused = await refusal(remote.get(name))
        assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "FLAG_NOT_FOUND")

    assert len(remote.system.requests) == 1


async def test_an_answer_is_remembered_for_five_minutes_and_then_asked_for_again(remote):
    # given
    remote.server.clock.stop_at(remote.server.clock())
    assert await remote.get("on")
    remote.system.flags = _turned_off(remote.system.flags)

    # when
    remote.server.clock.advance(CACHE - timedelta.resolution)
    before = await remote.get("on")
    remote.server.clock.advance(timedelta.resolution)
    after = await remote.get("on")

    # then
    assert (before, after) == (True, False)
    assert len(remote.system.requests) == 2


def _turned_off(flags):
    """The same flags, and *on* is off."""
    if "flags" in flags:
        return {"flags": flags["flags"] | {"on": flags["flags"]["off"]}}
    return flags | {"on": flags["off"]}


async def test_users_and_organizations_are_remembered_apart(remote):
    for user_id in (SOMEBODY, ids.new_id("user"), ANONYMOUS):
        for organization_id in (SOMEWHERE, ""):
            await remote.get("on", user_id, organization_id)
    await remote.listed()

    # Nobody in particular is one, whatever the organization.
    assert len(remote.system.requests) == 5


async def test_many_who_want_the_same_at_once_ask_once(remote):
    remote.system.waits = 0.1

    values = await asyncio.gather(*(remote.get(name) for name in ["on", "for_somebody", "for_users"] * 20))

    assert all(values)
    assert len(remote.system.requests) == 1


async def test_one_failure_is_made_good_by_asking_again(remote):
    remote.system.failures = 1

    assert await remote.get("on")
    assert len(remote.system.requests) == 2


async def test_what_fails_twice_is_unavailable_and_asked_for_again_by_the_next_call(remote, caplog):
    remote.system.failures = 2

    assert await remote.unavailable()
    assert len(remote.system.requests) == 2
    assert await remote.get("on")
    told = [record for record in caplog.records if record.message == "the flag system fails"]
    assert [record.levelno for record in told] == [logging.WARNING]
    assert ENVIRONMENT_KEY not in caplog.text


async def test_what_is_remembered_outlives_a_failure_until_its_time_is_over(remote):
    # given
    remote.server.clock.stop_at(remote.server.clock())
    assert await remote.get("on")
    remote.system.failures = 1000

    # when, then
    remote.server.clock.advance(CACHE - timedelta.resolution)
    assert await remote.get("on")
    remote.server.clock.advance(timedelta.resolution)
    assert await remote.unavailable()
    refused = await refusal(remote.listed())
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "FLAGS_UNAVAILABLE")


async def test_after_failures_in_a_row_the_system_is_left_alone_for_a_moment(remote):
    # given
    remote.server.clock.stop_at(remote.server.clock())
    remote.system.failures = 1000
    for _ in range(3):
        assert await remote.unavailable()
    asked = len(remote.system.requests)

    # when
    assert await remote.unavailable(user_id=ids.new_id("user"))
    unasked = len(remote.system.requests)
    remote.system.failures = 0
    remote.server.clock.advance(timedelta(seconds=5))

    # then
    assert (asked, unasked) == (6, 6)
    assert await remote.get("on")


async def test_a_system_that_does_not_answer_holds_up_no_other_call(remote):
    # given
    remote.system.waits = 60
    other = FeatureFlagsServiceStub(remote.server.channel).GetFeatureFlagForCaller

    # when
    started = time.monotonic()
    waiting = asyncio.create_task(remote.unavailable())
    pauses = []
    while not waiting.done():
        before = time.monotonic()
        # A call that ends in the checks of the pipeline, on the event loop that the other one waits on.
        await refusal(other(messages.GetFeatureFlagForCallerRequest(name="", organization_id=SOMEWHERE)))
        pauses.append(time.monotonic() - before)

    # then
    assert await waiting
    assert TIMEOUT * 2 <= time.monotonic() - started < TIMEOUT * 2 + 2
    assert len(pauses) > 20
    assert sorted(pauses)[len(pauses) // 2] < TIMEOUT / 4
    remote.system.waits = 0


async def test_a_call_whose_time_is_over_says_so_and_the_answer_is_kept_for_others(remote):
    remote.system.waits = TIMEOUT / 2

    refused = await refusal(remote.get("on", timeout=TIMEOUT / 6))
    assert refused.code == grpc.StatusCode.DEADLINE_EXCEEDED
    await asyncio.sleep(TIMEOUT / 2)

    assert await remote.get("on")
    assert len(remote.system.requests) == 1


async def test_other_subdomains_get_false_and_the_reason_from_a_system_that_fails(remote):
    flags = FlagsApi.of(remote.server.app.platform)
    assert await flags.is_enabled("on", user_id=ids.new_id("user"))
    remote.system.failures = 1000

    assert not await flags.is_enabled("on", user_id=SOMEBODY)

    evaluation = await flags.evaluate("on", user_id=SOMEBODY)
    assert (evaluation.is_enabled, evaluation.reason, evaluation.status) == (False, "PROVIDER_NOT_READY", "failed")


async def test_all_who_ask_in_a_process_share_what_is_remembered(remote):
    for _ in range(3):
        assert await FlagsApi.of(remote.server.app.platform).is_enabled("on", user_id=SOMEBODY)
    assert await remote.get("on")

    assert len(remote.system.requests) == 1


async def test_nobody_listening_is_unavailable_and_one_who_comes_back_is_found(serve):
    async with flagd(FLAGS) as gone:
        port = gone.port
    async with serve(
        flags_provider="flagd", flagd_host="127.0.0.1", flagd_port=port, flags_timeout_seconds=TIMEOUT
    ) as server:
        remote = Remote(server, gone)
        assert await remote.unavailable()
        async with flagd(FLAGS, port):
            await asyncio.sleep(1)  # gRPC tries to connect again after that, at the latest
            assert await remote.get("on")


async def test_an_identity_is_told_to_flagsmith_with_its_organization(serve):
    with flagsmith(FLAGSMITH) as system:
        async with serve(
            flags_provider="flagsmith",
            flagsmith_base_url=f"http://127.0.0.1:{system.port}/api/v1/",
            flagsmith_environment_key=ENVIRONMENT_KEY,
        ) as server:
            remote = Remote(server, system)
            await remote.get("on", organization_id=SOMEWHERE)
            await remote.get("on")
            await remote.get("on", ANONYMOUS)

    user = {"trait_key": "type", "trait_value": "user"}
    tenant = {"trait_key": SOMEWHERE, "trait_value": "tenant"}
    told = [(request.get("identifier"), request.get("traits")) for request in system.requests]
    assert told == [(SOMEBODY, [user, tenant]), (SOMEBODY, [user]), (None, None)]


async def test_flagd_is_told_the_user_the_organization_and_the_environment(serve):
    async with (
        flagd(FLAGS) as system,
        serve(
            flags_provider="flagd", flagd_host="127.0.0.1", flagd_port=system.port, deployment_environment="staging"
        ) as server,
    ):
        remote = Remote(server, system)
        await remote.get("on", organization_id=SOMEWHERE)
        await remote.get("on", ANONYMOUS)

    assert system.requests == [
        {"targetingKey": SOMEBODY, "type": "user", "organization_id": SOMEWHERE, "environment": "staging"},
        {"environment": "staging"},
    ]


async def test_a_wrong_key_of_flagsmith_is_unavailable(serve):
    with flagsmith(FLAGSMITH) as system:
        async with serve(
            flags_provider="flagsmith",
            flagsmith_base_url=f"http://127.0.0.1:{system.port}/api/v1/",
            flagsmith_environment_key="wrong",
        ) as server:
            assert await Remote(server, system).unavailable()


async def test_flagsmith_needs_a_key(serve):
    with pytest.raises(SettingsError, match="TENANTRY_FLAGSMITH_ENVIRONMENT_KEY is needed"):
        async with serve(flags_provider="flagsmith"):
            pass
