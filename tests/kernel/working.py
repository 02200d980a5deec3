"""Workers and receivers for tests of deliveries: several of them, real ones, stopped and started as a test says."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import grpc

from server.kernel.clock import Clock, system_clock
from server.kernel.database import Database
from server.kernel.deliveries.engine import Engine, EngineSettings
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.deliveries.operations import Operations
from server.kernel.deliveries.outcomes import Result
from server.kernel.deliveries.waits import make_due
from server.kernel.deliveries.worker import Worker
from server.kernel.security.keys import SigningKeys, make_pem
from server.kernel.security.tokens import Tokens
from server.kernel.subdomain import Carrier
from tests.journeys.whole_run import free_ports
from tests.kernel.receiver_process import METHOD

QUICK = EngineSettings(
    lease=timedelta(seconds=8), most_attempts=4, backoff_base=timedelta(seconds=0.5), backoff_factor=2
)


async def queue(database: Database, *names: str, lane: str | None = None, **members: Any) -> None:
    """Queue messages of these names in one transaction."""
    async with database.begin() as uow:
        for position, name in enumerate(names):
            uow.deliver(Message(Queue.USAGES, {"Name": name, **members}, lane=lane, position=position))


async def standing(database: Database) -> tuple[int, int]:
    """How many messages wait, and how many are dead."""
    depths = await Operations(database).depths()
    return sum(each.pending for each in depths), sum(each.dead for each in depths)


@asynccontextmanager
async def worker(
    dsn: str,
    target: str,
    *,
    settings: EngineSettings = QUICK,
    clock: Clock = system_clock,
    tokens: Tokens | None = None,
) -> AsyncIterator[Worker]:
    """A worker with connections of its own, that calls *target*."""
    database = Database(dsn, clock=clock, pool_size=4)
    await database.start()
    async with grpc.aio.insecure_channel(target) as channel:
        made = Worker(
            engine=Engine(database, settings),
            carriers=[Carrier(Queue.USAGES, METHOD, _nobody, batch_size=10)],
            channel=channel,
            tokens=tokens or tokens_of_tests(clock),
            housekeeping=[partial(make_due, database, Queue.USAGES, settings)],
        )
        working = asyncio.create_task(made.run())
        try:
            yield made
        finally:
            made.stop()
            await asyncio.wait_for(working, 20)
            await database.stop()


def tokens_of_tests(clock: Clock = system_clock) -> Tokens:
    """Signs with keys of its own."""

    def keys() -> SigningKeys:
        return SigningKeys(json.dumps([{"pem": make_pem(), "status": "current"}]))

    return Tokens(keys=keys(), issuer="i", service_keys=keys(), service_issuer="i", service_audience="a", clock=clock)


async def _nobody(_: Sequence[Any]) -> list[Result]:
    raise AssertionError("it is called over gRPC")


class ReceiverProcess:
    """A receiver in a process of its own that is started again whenever it dies, as a supervisor would."""

    def __init__(self, folder: Path) -> None:
        self._journal = folder / "journal"
        [self._port] = free_ports(1)
        self.starts = 0

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def carried_out(self) -> list[str]:
        """The names of what has taken effect, in order."""
        lines = self._journal.read_text().splitlines() if self._journal.exists() else []
        return [line.split()[1] for line in lines]

    def have_mercy(self) -> None:
        """Accept what is poison, from now on."""
        self._journal.with_suffix(".mercy").touch()

    async def run(self) -> None:
        """Start it, again and again."""
        while True:
            self.starts += 1
            command = [sys.executable, "-m", "tests.kernel.receiver_process", str(self._port), str(self._journal)]
            process = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL)
            try:
                await process.wait()
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ReceiverProcess"]:
        """Run it meanwhile."""
        task = asyncio.create_task(self.run())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
