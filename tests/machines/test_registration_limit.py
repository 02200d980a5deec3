"""Nobody registers more than so many machines an hour from one address, on all servers together."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import grpc
import pytest_asyncio
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from server import composition
from tests.api_keys.keys import from_somewhere
from tests.harness import Running, refusal, running
from tests.machines.machines import Machines


@pytest_asyncio.fixture
async def limited(server: Running, monkeypatch):
    """A server that lets nobody register more than three machines an hour."""
    monkeypatch.setenv("TENANTRY_MACHINE_REGISTRATIONS_PER_HOUR", "3")
    async with running(server.dsn, composition.compose) as found:
        yield found


@pytest_asyncio.fixture
async def production(server: Running, monkeypatch):
    """A production build on the same database, which must be given every secret."""
    monkeypatch.setenv("TENANTRY_ENV", "production")
    for file in (Path(os.environ["TENANTRY_DATA"]) / "secrets").iterdir():
        monkeypatch.setenv(f"TENANTRY_{file.name.upper()}", file.read_text())
    async with running(server.dsn, composition.compose) as found:
        yield found


async def test_in_production_it_is_twenty_an_hour_and_in_testing_builds_any_number(production, machines):
    there, somewhere = Machines(production), from_somewhere()
    for _ in range(20):
        await there.register(somewhere)

    assert (await refusal(there.register(somewhere))).reason == "RATE_LIMITED"
    for _ in range(21):
        await machines.register(somewhere)


async def test_one_too_many_is_refused_and_nothing_is_left_of_it(limited):
    # given
    machines, somewhere = Machines(limited), from_somewhere()
    for _ in range(3):
        await machines.register(somewhere)
    before = await machines.counts()

    # when
    refused = await refusal(machines.register(somewhere))

    # then
    assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
    assert await machines.counts() == before


async def test_it_is_said_when_to_try_again(limited):
    machines, somewhere = Machines(limited), from_somewhere()
    for _ in range(3):
        await machines.register(somewhere)

    try:
        await machines.register(somewhere)
    except grpc.aio.AioRpcError as error:
        details = Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"]).details
    retry = RetryInfo()
    assert any(detail.Unpack(retry) for detail in details)
    assert timedelta(minutes=50) < retry.retry_delay.ToTimedelta() <= timedelta(hours=1)


async def test_others_and_those_who_are_signed_in_are_not_concerned(limited, people):
    machines, somewhere, person = Machines(limited), from_somewhere(), await people.person()
    for _ in range(3):
        await machines.register(somewhere)
    assert (await refusal(machines.register(somewhere))).reason == "RATE_LIMITED"

    await machines.register(from_somewhere())
    await machines.register((*person.metadata, *somewhere))


async def test_after_an_hour_there_is_room_again(limited):
    machines, somewhere = Machines(limited), from_somewhere()
    limited.clock.stop_at(limited.clock())
    for _ in range(3):
        await machines.register(somewhere)

    limited.clock.advance(timedelta(minutes=59, seconds=59))
    assert (await refusal(machines.register(somewhere))).reason == "RATE_LIMITED"
    limited.clock.advance(timedelta(seconds=1))
    await machines.register(somewhere)


async def test_ten_at_once_are_not_one_too_many(limited):
    machines, somewhere = Machines(limited), from_somewhere()

    answers = await asyncio.gather(*(machines.register(somewhere) for _ in range(10)), return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert (len(answers) - len(refused), {error.code() for error in refused}) == (
        3,
        {grpc.StatusCode.RESOURCE_EXHAUSTED},
    )


async def test_a_registration_that_fails_is_not_counted(limited):
    machines, somewhere = Machines(limited), from_somewhere()
    for _ in range(5):
        await refusal(machines.register(somewhere, name="<"))

    for _ in range(3):
        await machines.register(somewhere)


async def test_many_from_one_address_leave_connections_for_others(limited):
    # given: somebody registers from there and is not done yet
    machines, somewhere = Machines(limited), from_somewhere()
    platform = limited.app.platform
    async with platform.begin() as uow:
        address = somewhere[0][1]
        await platform.quotas.admit(uow, "machine-registrations", address, most=3, within=timedelta(hours=1))

        # when
        many = [asyncio.ensure_future(machines.register(somewhere)) for _ in range(40)]
        await limited.until_somebody_waits_for_a_lock()

        # then
        async with asyncio.timeout(30):
            await machines.register(from_somewhere())
    answers = await asyncio.gather(*many, return_exceptions=True)
    assert len([answer for answer in answers if not isinstance(answer, grpc.aio.AioRpcError)]) == 2
