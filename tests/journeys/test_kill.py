"""
Nothing lost, nothing doubled: processes are killed at random points under load, and everything is counted.

Goes with the samples.
"""

import asyncio
import json
import os
import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import pytest

from server.kernel import ids
from server.launch.postgres import EmbeddedPostgres
from tests.harness import at
from tests.journeys.people import Client, Person
from tests.journeys.whole_run import WholeRun, whole_run

_IS_FULL = os.environ.get("TENANTRY_TEST_CAMPAIGN") == "full"
_SECONDS = 300 if _IS_FULL else 20
_CALLERS = 6
_QUICK = {
    "QUEUE_LEASE_SECONDS": "7",
    "QUEUE_BACKOFF_BASE_SECONDS": "0.2",
    "QUEUE_BACKOFF_FACTOR": "1.2",
    "QUEUE_BACKOFF_MAX_SECONDS": "1",
    "QUEUE_MAX_ATTEMPTS": "50",
    "LOG_EVERY_CALL": "false",
    "DRAIN_NOTICE_SECONDS": "0.2",
}


@dataclass
class Acknowledged:
    """What clients were told has happened."""

    people: list[Person] = field(default_factory=list)
    cars: list[str] = field(default_factory=list)
    bookings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.mark.campaign
async def test_what_was_acknowledged_is_there_once_after_any_kill(tmp_path: Path) -> None:
    acknowledged = Acknowledged()
    async with whole_run(tmp_path / "data", **_QUICK) as run:
        stopping = asyncio.Event()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{run.http_port}") as channel:
            callers = [asyncio.create_task(_use(Client(channel), acknowledged, stopping)) for _ in range(_CALLERS)]
            await _kill_at_random(run, random.Random(7), _SECONDS)
            stopping.set()
            await asyncio.gather(*callers)
        await _settled(run)
        assert await run.stop() == 0
    async with _database(tmp_path / "data") as found:
        await _count(found, acknowledged)


async def _use(client: Client, acknowledged: Acknowledged, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        try:
            person = await client.register(f"{uuid.uuid4().hex}@example.com")
            acknowledged.people.append(person)
            metadata = await client.sign_in(person)
            car = await client.register_car(metadata)
            acknowledged.cars.append(car)
            for number in range(3):
                booking = await client.book(metadata, car, at(24 + 2 * number))
                acknowledged.bookings.append(booking)
        except grpc.aio.AioRpcError as error:
            acknowledged.errors.append(f"{error.code().name}: {error.details()}")


async def _kill_at_random(run: WholeRun, chance: random.Random, seconds: float) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        await asyncio.sleep(chance.uniform(0.5, 3))
        run.kill(chance.choice(["server", "server", "worker", "worker", "database"]), chance.randrange(2))


async def _settled(run: WholeRun) -> None:
    """Wait until every queue is empty."""
    async with asyncio.timeout(90):
        while True:
            try:
                async with _database_of(run) as connection:
                    if await connection.fetchval("SELECT count(*) FROM kernel.delivery WHERE dead_at IS NULL") == 0:
                        return
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                pass  # it is being started again
            await asyncio.sleep(0.5)


class _database_of:  # noqa: N801  # reads as a word in `async with`
    """A connection to the database of a run, by the address its processes use."""

    def __init__(self, run: WholeRun) -> None:
        self._run = run
        self._connection: Any = None

    async def __aenter__(self) -> Any:
        from server.kernel.settings import PlatformSettings  # noqa: PLC0415  # the tests' own environment is elsewhere
        from server.launch.database import database_at_hand  # noqa: PLC0415

        settings = PlatformSettings.model_construct(data=self._run.data, database_url=None)
        self._connection = await asyncpg.connect(database_at_hand(settings))
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()


class _database:  # noqa: N801
    """A connection to the database of a run that has stopped."""

    def __init__(self, data: Path) -> None:
        self._embedded = EmbeddedPostgres(data)
        self._connection: Any = None

    async def __aenter__(self) -> Any:
        self._connection = await asyncpg.connect(await self._embedded.start())
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()
        await self._embedded.stop()


async def _count(found: Any, acknowledged: Acknowledged) -> None:
    assert len(acknowledged.people) >= 5, acknowledged.errors
    assert len(acknowledged.bookings) >= 5, acknowledged.errors
    unexpected = [error for error in acknowledged.errors if not error.startswith(("UNAVAILABLE", "DEADLINE"))]
    assert unexpected == []
    await _everybody_is_whole(found, acknowledged)
    await _everything_booked_is_there(found, acknowledged)
    await _everything_queued_arrived_once(found, acknowledged)


async def _everybody_is_whole(found: Any, acknowledged: Acknowledged) -> None:
    counts = {
        table: await found.fetchval(f"SELECT count(*) FROM {table}")
        for table in (
            "users.end_user",
            "users.membership",
            "user_profiles.user_profile",
            "organizations.organization",
            "subscriptions.subscription",
            "password_credentials.person_credential",
        )
    }
    assert len(set(counts.values())) == 1, counts
    known = {row["id"] for row in await found.fetch("SELECT id FROM users.end_user")}
    assert {ids.decode("user", person.user_id) for person in acknowledged.people} <= known


async def _everything_booked_is_there(found: Any, acknowledged: Acknowledged) -> None:
    cars = {row["id"] for row in await found.fetch("SELECT id FROM cars.car")}
    assert {ids.decode("car", car) for car in acknowledged.cars} <= cars
    rows = await found.fetch(
        "SELECT b.id, count(u.id) AS slots FROM bookings.booking b LEFT JOIN cars.unavailability u"
        " ON u.car_id = b.car_id AND u.starts_at = b.starts_at AND u.ends_at = b.ends_at GROUP BY b.id"
    )
    assert all(row["slots"] == 1 for row in rows)
    assert {ids.decode("booking", booking) for booking in acknowledged.bookings} <= {row["id"] for row in rows}
    assert await found.fetchval("SELECT count(*) FROM cars.unavailability") == len(rows)


async def _everything_queued_arrived_once(found: Any, acknowledged: Acknowledged) -> None:
    assert await found.fetchval("SELECT count(*) FROM kernel.delivery") == 0
    mails = Counter(
        row["to_email_address"] for row in await found.fetch("SELECT to_email_address FROM emails.captured_mail")
    )
    assert all(mails[person.email] == 1 for person in acknowledged.people)
    assert set(mails.values()) == {1}
    audits = await found.fetch(
        "SELECT against_id FROM audits.audit WHERE audit_code = 'EndUser.Registered.TermsAccepted'"
    )
    audited = Counter(row["against_id"] for row in audits)
    assert all(audited[person.user_id] == 1 for person in acknowledged.people)
    usages = await found.fetch("SELECT properties FROM usages.usage_record WHERE event_name = 'Booking Created'")
    booked = Counter(_resource_id(row["properties"]) for row in usages)
    assert all(booked[booking] == 1 for booking in acknowledged.bookings)
    assert set(booked.values()) <= {1}


def _resource_id(properties: Any) -> str:
    found: dict[str, str] = json.loads(properties) if isinstance(properties, str) else properties
    return found["ResourceId"]
