"""
Thousands of messages of all kinds, workers that are killed at random, a receiver that fails a fifth: each has its
effect once, in order where there is one, and none is left behind. With every engine; NATS is killed and emptied too.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from server.kernel.access.caller import service_call, set_current_call
from server.kernel.database import Database
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.migrate import KERNEL, History
from server.subdomains.ancillary.audits import wiring as audits
from server.subdomains.ancillary.emails import wiring as emails
from server.subdomains.ancillary.usages import wiring as usages
from tests.emails.mail_server import serving
from tests.harness import Running, fresh_database, running
from tests.journeys.delivery_worker import compose
from tests.journeys.unreliable_receiver import UnreliableMailServer, UnreliableReceiver, receiving
from tests.kernel.engines import ENGINES
from tests.nats_server import NatsServer

_IS_FULL = os.environ.get("TENANTRY_TEST_CAMPAIGN") == "full"
_AUDITS, _USAGES, _MAILS, _LANES, _LANE_LENGTH = (3_000, 3_000, 1_000, 100, 30) if _IS_FULL else (150, 150, 40, 20, 4)
_KILLS, _BREAKS = (60, 20) if _IS_FULL else (3, 2)
_SETTLE_SECONDS = 600 if _IS_FULL else 90
_WORKERS = 3
_HISTORIES = [
    KERNEL,
    *(History(each.__name__.split(".")[-2], each.MIGRATIONS) for each in (audits, emails, usages)),
]
_QUICK = {
    "QUEUE_LEASE_SECONDS": "7",
    "QUEUE_BACKOFF_BASE_SECONDS": "0.2",
    "QUEUE_BACKOFF_FACTOR": "1.2",
    "QUEUE_BACKOFF_MAX_SECONDS": "1",
    "QUEUE_MAX_ATTEMPTS": "50",
}
_MAIL = {
    "EMAIL_GATEWAY": "smtp",
    "SMTP_HOST": "127.0.0.1",
    "SMTP_TLS": "none",
    "SENDER_EMAIL_ADDRESS": "no-reply@tenantry.example",
}
_ENDS = {
    "ToDisplayName": "Somebody",
    "FromEmailAddress": "no-reply@tenantry.example",
    "FromDisplayName": "Tenantry",
}


@dataclass
class Workers:
    """Worker processes, each in a session of its own."""

    target: str
    environment: dict[str, str]
    log: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.journeys.delivery_worker", self.target]
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                command, env=self.environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.processes.append(process)

    def kill(self, number: int) -> None:
        process = self.processes.pop(number)
        process.kill()
        process.wait()

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            # One that was just starting knows of no signals yet.
            assert process.wait(30) in {0, -signal.SIGTERM}, self.log.read_text()[-4000:]


@pytest.mark.campaign
@pytest.mark.parametrize("engine", ENGINES)
async def test_each_message_has_its_effect_once_and_in_order(
    postgres: str,
    database_name: str,
    own_nats: NatsServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
) -> None:
    chance = random.Random(11)
    settings = dict(_QUICK)
    if engine == "nats":
        settings |= {"QUEUE_ENGINE": "nats", "NATS_URL": own_nats.url}
    mail_server = UnreliableMailServer()
    mail_server.chance = chance
    async with (
        fresh_database(postgres, f"{database_name}_campaign", _HISTORIES) as dsn,
        serving(mail_server),
        _server(dsn, mail_server.port, monkeypatch) as server,
    ):
        receiver = UnreliableReceiver(server.channel, chance)
        async with receiving(receiver) as port, _workers(dsn, f"127.0.0.1:{port}", settings, tmp_path) as workers:
            done = asyncio.Event()
            async with asyncio.TaskGroup() as faults:
                faults.create_task(_kill_at_random(workers, chance, done))
                if engine == "nats":
                    faults.create_task(_break(own_nats, done))
                await _queue_all(server.database)
                await _settled(server, workers)
                done.set()
        await _count(server, receiver, mail_server)


@asynccontextmanager
async def _server(dsn: str, mail_port: int, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    for name, value in {**_MAIL, "SMTP_PORT": str(mail_port)}.items():
        monkeypatch.setenv(f"TENANTRY_{name}", value)
    async with running(dsn, compose) as found:
        yield found


@asynccontextmanager
async def _workers(dsn: str, target: str, settings: dict[str, str], folder: Path) -> AsyncIterator[Workers]:
    ours = {f"TENANTRY_{name}": value for name, value in settings.items()}
    search = os.pathsep.join(str(Path(__file__).parents[2] / part) for part in ("", "generated"))
    environment = {**os.environ, **ours, "TENANTRY_DATABASE_URL": dsn, "PYTHONPATH": search}
    found = Workers(target, environment, folder / "workers.log")
    try:
        for _ in range(_WORKERS):
            found.start()
        yield found
        found.stop()
    finally:
        for process in found.processes:
            process.kill()


async def _queue_all(database: Database) -> None:
    set_current_call(service_call("campaign"))
    messages = [
        *(Message(Queue.AUDITS, {"AuditCode": "Campaign", "Arguments": [str(number)]}) for number in range(_AUDITS)),
        *(Message(Queue.USAGES, {"ForId": f"user{number}", "EventName": "Campaign"}) for number in range(_USAGES)),
        *(Message(Queue.EMAILS, {"Html": _mail(number)}) for number in range(_MAILS)),
    ]
    random.Random(3).shuffle(messages)
    lanes = {f"lane{number}": list(range(_LANE_LENGTH)) for number in range(_LANES)}
    steps = max(1, len(messages) // _LANE_LENGTH)
    for position in range(_LANE_LENGTH):
        some = messages[position * steps :] if position == _LANE_LENGTH - 1 else messages[position * steps :][:steps]
        some += [_ordered(lane, numbers[position]) for lane, numbers in lanes.items()]
        for start in range(0, len(some), 20):
            async with database.begin() as uow:
                for message in some[start : start + 20]:
                    uow.deliver(message)


def _mail(number: int) -> dict[str, Any]:
    return {"Subject": "Campaign", "Body": "<p>Hello</p>", "ToEmailAddress": f"user{number}@example.com", **_ENDS}


def _ordered(lane: str, number: int) -> Message:
    return Message(Queue.DOMAIN_EVENTS, {"Lane": lane, "Number": number}, lane=lane, position=number)


async def _kill_at_random(workers: Workers, chance: random.Random, done: asyncio.Event) -> None:
    for _ in range(_KILLS):
        await asyncio.sleep(2)
        if done.is_set():
            return
        workers.kill(chance.randrange(_WORKERS))
        workers.start()


async def _break(nats: NatsServer, done: asyncio.Event) -> None:
    """Killed and started again, by turns with what it has stored and empty."""
    for number in range(_BREAKS):
        await asyncio.sleep(2)
        if done.is_set():
            return
        nats.kill()
        if number % 2:
            nats.forget()
        await asyncio.sleep(1)
        await asyncio.to_thread(nats.start)


async def _settled(server: Running, workers: Workers) -> None:
    try:
        async with asyncio.timeout(_SETTLE_SECONDS):
            while (await server.rows("SELECT count(*) FROM kernel.delivery WHERE dead_at IS NULL"))[0]["count"]:
                assert all(process.poll() is None for process in workers.processes), workers.log.read_text()[-4000:]
                await asyncio.sleep(0.3)
    except TimeoutError:
        waiting = await server.rows("SELECT queue, count(*) FROM kernel.delivery GROUP BY queue")
        raise AssertionError(f"{waiting}\n{workers.log.read_text()[-4000:]}") from None


async def _count(server: Running, receiver: UnreliableReceiver, mail_server: UnreliableMailServer) -> None:
    dead = await server.rows("SELECT queue, reason, count(*) FROM kernel.delivery GROUP BY queue, reason")
    assert dead == []
    [audited] = await server.rows(
        "SELECT count(*), count(DISTINCT template_arguments) AS each FROM audits.audit WHERE audit_code = 'Campaign'"
    )
    assert (audited["count"], audited["each"]) == (_AUDITS, _AUDITS)
    [used] = await server.rows(
        "SELECT count(*), count(DISTINCT user_id) AS each FROM usages.usage_record WHERE event_name = 'Campaign'"
    )
    assert (used["count"], used["each"]) == (_USAGES, _USAGES)
    [sent] = await server.rows("SELECT count(*) FROM emails.email_delivery WHERE sent_at IS NOT NULL")
    assert sent["count"] == _MAILS
    # A mail that was sent again, since nobody was told that it had been accepted, bears the id of the first.
    assert len({mail["Message-ID"] for mail in mail_server.mails}) == _MAILS
    assert set(mail_server.recipients) == {f"user{number}@example.com" for number in range(_MAILS)}
    assert dict(receiver.lanes) == {f"lane{number}": list(range(_LANE_LENGTH)) for number in range(_LANES)}
    assert receiver.failures > 0
