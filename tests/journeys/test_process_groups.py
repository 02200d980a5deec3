"""Two groups of processes, as on two machines: a server and a worker each, and a NATS between them that breaks."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import grpc
from tenantry.password_credentials.v1.password_credentials_service_pb2 import RegisterPersonRequest
from tenantry.password_credentials.v1.password_credentials_service_pb2_grpc import PasswordCredentialsServiceStub

from server import composition
from tests.harness import fresh_database
from tests.journeys.whole_run import free_ports
from tests.nats_server import NatsServer

_ROOT = Path(__file__).parents[2]
_QUICK = {"QUEUE_LEASE_SECONDS": "7", "QUEUE_BACKOFF_BASE_SECONDS": "0.2", "QUEUE_BACKOFF_FACTOR": "1"}
_START_SECONDS = 60


class Group:
    """One server and one worker that calls it, in a process group of their own."""

    def __init__(self, dsn: str, nats: NatsServer, log: Path) -> None:
        [self.port] = free_ports(1)
        self._log = log
        settings = {"DATABASE_URL": dsn, "QUEUE_ENGINE": "nats", "NATS_URL": nats.url, "GRPC_PORT": str(self.port)}
        ours = {f"TENANTRY_{name}": value for name, value in (settings | _QUICK).items()}
        search = os.pathsep.join([str(_ROOT), str(_ROOT / "generated")])
        self._environment = {**os.environ, **ours, "PYTHONPATH": search}
        server = self._start("serve", 0)
        self._processes = [server, self._start("work", server.pid)]

    def kill(self) -> None:
        """SIGKILL both at once."""
        if self._processes:
            os.killpg(self._processes[0].pid, signal.SIGKILL)
        for process in self._processes:
            process.wait()
        self._processes = []

    async def register(self, email: str, request_id: str) -> str:
        """Sign somebody up at this group's server; the id of the user."""
        request = RegisterPersonRequest(
            first_name="Ana",
            last_name="Silva",
            email_address=email,
            password="a quiet harbour at dusk",
            terms_and_conditions_accepted=True,
            request_id=request_id,
        )
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            stub = PasswordCredentialsServiceStub(channel)
            answer = await stub.RegisterPerson(request, timeout=_START_SECONDS, wait_for_ready=True)
        return str(answer.person.user.id)

    def _start(self, command: str, group: int) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "server.cli", command],
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=group,
            )


async def test_a_nats_that_breaks_between_two_groups_loses_and_doubles_nothing(
    postgres: str, database_name: str, own_nats: NatsServer, tmp_path: Path
) -> None:
    async with (
        fresh_database(postgres, f"{database_name}_groups", composition.histories()) as dsn,
        _two_groups(dsn, own_nats, tmp_path / "groups.log") as (one, other),
    ):
        people = await _register(4, one, other)
        await _settled(dsn, tmp_path / "groups.log")
        people |= await _register(4, one, other)
        own_nats.kill()
        people |= await _register(4, one, other)
        other.kill()
        await asyncio.to_thread(own_nats.start)
        people |= await _register(4, one)
        own_nats.kill()
        own_nats.forget()
        people |= await _register(4, one)
        await asyncio.to_thread(own_nats.start)
        await _settled(dsn, tmp_path / "groups.log")
        await _count(dsn, people)


@asynccontextmanager
async def _two_groups(dsn: str, nats: NatsServer, log: Path) -> AsyncIterator[tuple[Group, Group]]:
    groups = Group(dsn, nats, log), Group(dsn, nats, log)
    try:
        yield groups
    finally:
        for group in groups:
            group.kill()


async def _register(count: int, *groups: Group) -> dict[str, str]:
    """Sign people up, by turns; their addresses and the ids of their users."""
    emails = [f"{uuid.uuid4().hex}@example.com" for _ in range(count)]
    calls = [groups[number % len(groups)].register(email, str(uuid.uuid4())) for number, email in enumerate(emails)]
    return dict(zip(emails, await asyncio.gather(*calls), strict=True))


async def _settled(dsn: str, log: Path) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(60):
            while await connection.fetchval("SELECT count(*) FROM kernel.delivery"):
                await asyncio.sleep(0.2)
    except TimeoutError:
        waiting = await connection.fetch("SELECT queue, dead_at, reason, attempts FROM kernel.delivery")
        raise AssertionError(f"{waiting}\n{log.read_text()[-4000:]}") from None
    finally:
        await connection.close()


async def _count(dsn: str, people: dict[str, str]) -> None:
    connection = await asyncpg.connect(dsn)
    mails = await connection.fetch("SELECT to_email_address FROM emails.captured_mail")
    audits = await connection.fetch(
        "SELECT against_id FROM audits.audit WHERE audit_code = 'EndUser.Registered.TermsAccepted'"
    )
    usages = await connection.fetch(
        "SELECT properties ->> 'ResourceId' AS id FROM usages.usage_record"
        " WHERE kind = 'track' AND event_name = 'User Registration Created'"
    )
    await connection.close()
    assert Counter(row["to_email_address"] for row in mails) == Counter(people.keys())
    assert Counter(row["against_id"] for row in audits) == Counter(people.values())
    assert Counter(row["id"] for row in usages) == Counter(people.values())
