"""Integration events: what users do is told to the outside world, over a real NATS."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
import pytest_asyncio
from tenantry.event_notifications.v1.event_notifications_service_pb2 import DeliverAllDomainEventsRequest
from tenantry.event_notifications.v1.event_notifications_service_pb2_grpc import EventNotificationsServiceStub

from server.kernel import ids
from server.kernel.migrate import KERNEL
from server.kernel.settings import SettingsError, read
from server.subdomains.event_notifications.adapters.nats import STREAM
from server.subdomains.event_notifications.settings import EventNotificationsSettings
from server.subdomains.event_notifications.wiring import event_notifications
from server.subdomains.users.events import EndUserRegistered, RegisteredProfile
from tests.event_notifications.things import Thing, publish
from tests.harness import Running, fresh_database, running


class Person(Thing):
    """An end user, of whom nothing is stored but the event."""

    aggregate_type = "EndUser"

    @classmethod
    def registered(cls, username: str | None) -> "Person":
        person = cls(id=ids.new_id("user"))
        profile = RegisteredProfile(first_name="Ana", last_name=None, timezone=None, locale=None, country_code="NZL")
        event = EndUserRegistered(
            user_id=person.id,
            classification="person",
            access="enabled",
            status="registered",
            roles=["platform_standard"],
            features=["platform_paidtrial_features"],
            username=username,
            user_profile=profile,
        )
        person.events.append(event)
        return person


@asynccontextmanager
async def nats_server(folder: Path, port: int) -> AsyncIterator[str]:
    """A real NATS, which keeps what it was given in *folder*."""
    program = Path(sys.executable).parent / "nats-server"
    process = await asyncio.create_subprocess_exec(
        *(program, "-js", "-sd", folder, "-a", "127.0.0.1", "-p", str(port)), stderr=asyncio.subprocess.DEVNULL
    )
    url = f"nats://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    break
        yield url
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    return number


@pytest_asyncio.fixture
async def server(
    postgres: str, database_name: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    monkeypatch.setenv("TENANTRY_INTEGRATION_BROKER", "nats")
    monkeypatch.setenv("TENANTRY_NATS_URL", f"nats://127.0.0.1:{port}")
    monkeypatch.setenv("TENANTRY_TESTING_SUBSCRIPTION", "false")
    async with (
        fresh_database(postgres, f"{database_name}_integration", [KERNEL]) as dsn,
        running(dsn, lambda platform: [event_notifications(platform)]) as found,
    ):
        yield found


@pytest.fixture
def drain(server):
    async def drained():
        notifications = EventNotificationsServiceStub(server.channel)
        answer = await notifications.DeliverAllDomainEvents(DeliverAllDomainEventsRequest())
        return answer.delivered_count, answer.failed_count

    return drained


async def arrived(url: str) -> list[dict[str, Any]]:
    """What the stream holds."""
    client = await nats.connect(url)
    stream = client.jetstream()
    count = (await stream.stream_info(STREAM)).state.messages
    found = [json.loads((await stream.get_msg(STREAM, number)).data or b"") for number in range(1, count + 1)]
    await client.close()
    return found


async def test_who_registers_is_told_to_the_outside_world_once(server, drain, tmp_path, port):
    ana, machine = Person.registered("ana@example.com"), Person.registered(None)
    await publish(server.database, ana, machine, Thing().happens("something else"))

    async with nats_server(tmp_path, port) as url:
        assert await drain() == (2, 0)
        events = {each["data"]["root_id"]: each for each in await arrived(url)}

    assert events[ana.id]["name"] == "person_registered.v1"
    assert events[ana.id]["data"] == {
        "root_id": ana.id,
        "username": "ana@example.com",
        "roles": ["platform_standard"],
        "features": ["platform_paidtrial_features"],
        "user_profile": {
            "first_name": "Ana",
            "last_name": None,
            "timezone": None,
            "locale": None,
            "country_code": "NZL",
        },
    }
    assert events[machine.id]["data"]["username"] == ""
    assert len(events) == 2


async def test_a_broker_that_is_away_fails_the_delivery_until_it_is_back(server, drain, tmp_path, port):
    await publish(server.database, Person.registered("ana@example.com"))

    assert await drain() == (0, 1)
    [row] = await server.rows("SELECT status, error_reason FROM kernel.notification")
    assert tuple(row) == ("failed", "INTEGRATION_BROKER_AWAY")

    async with nats_server(tmp_path, port) as url:
        assert await drain() == (1, 0)
        assert len(await arrived(url)) == 1


def test_the_broker_needs_an_address(monkeypatch):
    monkeypatch.setenv("TENANTRY_INTEGRATION_BROKER", "nats")
    monkeypatch.delenv("TENANTRY_NATS_URL", raising=False)

    with pytest.raises(SettingsError, match="TENANTRY_NATS_URL is needed"):
        read(EventNotificationsSettings)
