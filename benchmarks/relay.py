"""
How many deliveries a worker carries out: ours, a relay of one row a transaction, and PGQueuer with idle jobs.

Ours and the plain relay call the same receiver in another process, which does nothing; PGQueuer calls nobody. And how
long after its commit a delivery is there when nothing else happens, next to a bare call of the same receiver.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import grpc
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from tenantry.deliveries.v1 import types_pb2

from benchmarks.awake import METHOD
from benchmarks.goals import BARE_CALL, LAG, PGQUEUER, PLAIN_RELAY, RELAY
from benchmarks.load.target import outcome_of
from benchmarks.process import free_port, running
from benchmarks.processor_time import Stopwatch
from benchmarks.receiver import deliver, receiver
from benchmarks.sample import Case, Sample
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.database import Database
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.migrate import KERNEL, migrate

A_SECOND = {RELAY: 60_000, PLAIN_RELAY: 4_000, PGQUEUER: 25_000}  # more than anybody carries out
BATCH = 100
GAP_SECONDS = 0.02  # between deliveries whose lag is measured
FILL = """
insert into kernel.delivery (id, queue, message, queued_at, due_at)
select gen_random_uuid(), 'usages', json_build_object('MessageId', 'msg_01k00000000000000000000000', 'CallId', 'bench',
    'ForId', 'note_01k00000000000000000000000', 'EventName', 'Note Written', 'Additional', json_build_object('N', n)
)::text, now(), now() from generate_series(1, $1::int) as n
"""
NEXT = """
select id, message from kernel.delivery where queue = 'usages' and dead_at is null and due_at <= now()
order by due_at, id limit 1 for update skip locked
"""


Carried = tuple[int, float, float]  # how many, in how many seconds, and microseconds of PostgreSQL


@dataclass(frozen=True, slots=True)
class Relays:
    """Who carries out, and what they work on."""

    url: str
    owner: "asyncpg.Connection[Any]"
    channel: grpc.aio.Channel
    folder: Path
    receiver_port: int
    postgres: int

    def case(self, name: str, run: Callable[[float], Awaitable[Carried]]) -> Case:
        """Fill the queue, let *run* work for so long, and say how many it carried out."""

        async def round_of(seconds: float) -> Sample:
            await self._fill(name, int(A_SECOND[name] * (seconds + 1)))
            count, elapsed, postgres = await run(seconds)
            return Sample(count / elapsed, processor_us={"postgres": postgres / count})

        return Case(name, round_of)

    def clock(self) -> Callable[[int], Carried]:
        """Starts now, and says at the end how long it took and what PostgreSQL spent on it."""
        stopwatch, started = Stopwatch({"postgres": (self.postgres,)}), time.perf_counter()
        return lambda count: (count, time.perf_counter() - started, stopwatch.microseconds().get("postgres", 0.0))

    async def _fill(self, name: str, count: int) -> None:
        if name == PGQUEUER:
            await self.owner.execute("truncate pgqueuer, pgqueuer_log")
            await Queries(AsyncpgDriver(self.owner)).enqueue(["nothing"] * count, [None] * count, [0] * count)
        else:
            await self.owner.execute("truncate kernel.delivery")
            await self.owner.execute(FILL, count)
        await self.owner.execute("vacuum analyze")

    async def ours(self, seconds: float) -> Carried:
        """A worker of ours in its own process."""
        port = free_port()
        arguments = ["-m", "benchmarks.awake", self.url, f"127.0.0.1:{self.receiver_port}", str(port)]
        async with running(arguments, port=port, log=self.folder / "awake.log"):
            first, end = await self._left(), self.clock()
            await asyncio.sleep(seconds)
            left = await self._left()
            carried = end(first - left)
        if not left:
            raise RuntimeError("the queue ran empty")
        return carried

    async def plain(self, seconds: float) -> Carried:
        """One row, one call and one delete a transaction."""
        call: Any = self.channel.unary_unary(METHOD)
        connection = await asyncpg.connect(self.url)
        count, ends, end = 0, time.perf_counter() + seconds, self.clock()
        while time.perf_counter() < ends:
            async with connection.transaction():
                row = await connection.fetchrow(NEXT)
                if row is None:
                    raise RuntimeError("the queue ran empty")
                await call(types_pb2.DeliveryBatch(messages=[row["message"]]).SerializeToString())
                await connection.execute("delete from kernel.delivery where id = $1", row["id"])
            count += 1
        carried = end(count)
        await connection.close()
        return carried

    async def pgqueuer(self, seconds: float) -> Carried:
        """PGQueuer, a hundred jobs at a time."""
        connection, count = await asyncpg.connect(self.url), 0
        queuer = PgQueuer(AsyncpgDriver(connection))
        has_begun = asyncio.Event()

        @queuer.entrypoint("nothing")
        async def nothing(job: object) -> None:
            nonlocal count
            count += 1
            has_begun.set()

        working = asyncio.create_task(queuer.run(batch_size=BATCH))
        await has_begun.wait()
        first, end = count, self.clock()
        await asyncio.sleep(seconds)
        carried = end(count - first)
        queuer.shutdown.set()
        await working
        await connection.close()
        return carried

    async def _left(self) -> int:
        return int(await self.owner.fetchval("select count(*) from kernel.delivery"))


@asynccontextmanager
async def relay_cases(
    url: str, lag_url: str, folder: Path, receiver_port: int, postgres: int
) -> AsyncIterator[list[Case]]:
    """The relays on the database *url*, and the lag on *lag_url*."""
    for each in (url, lag_url):
        await migrate(each, [KERNEL])
    owner = await asyncpg.connect(url)
    await Queries(AsyncpgDriver(owner)).install()
    async with (
        grpc.aio.insecure_channel(f"127.0.0.1:{receiver_port}") as channel,
        lag_cases(lag_url, folder, channel) as lags,
    ):
        relays = Relays(url, owner, channel, folder, receiver_port, postgres)
        ways = {RELAY: relays.ours, PLAIN_RELAY: relays.plain, PGQUEUER: relays.pgqueuer}
        yield [*(relays.case(name, way) for name, way in ways.items()), *lags]
    await owner.close()


@asynccontextmanager
async def lag_cases(url: str, folder: Path, bare: grpc.aio.Channel) -> AsyncIterator[list[Case]]:
    """From the commit to the receiver, with a worker in its own process that has nothing else to do."""
    arrived = asyncio.Event()

    async def taken(body: bytes, context: Any) -> bytes:
        arrived.set()
        return await deliver(body, context)

    server, port = receiver(taken), free_port()
    server_port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    database = Database(url)
    await database.start()
    set_current_call(service_call("bench"))
    body = types_pb2.DeliveryBatch(messages=["{}"]).SerializeToString()
    call: Any = bare.unary_unary(METHOD)

    async def lag() -> float:
        arrived.clear()
        async with database.begin() as uow:
            uow.deliver(Message(Queue.USAGES, {"ForId": "note", "EventName": "Note Written"}))
        committed = time.perf_counter()
        await arrived.wait()
        return time.perf_counter() - committed

    async def bare_call() -> float:
        started = time.perf_counter()
        await call(body)
        return time.perf_counter() - started

    arguments = ["-m", "benchmarks.awake", url, f"127.0.0.1:{server_port}", str(port)]
    async with running(arguments, port=port, log=folder / "awake.log"):
        yield [Case(LAG, one_by_one(lag)), Case(BARE_CALL, one_by_one(bare_call))]
    await server.stop(None)
    await database.stop()


def one_by_one(measure: Callable[[], Awaitable[float]]) -> Callable[[float], Awaitable[Sample]]:
    """Measure again and again with nothing in between."""

    async def run(seconds: float) -> Sample:
        latencies_ms: list[float] = []
        started = time.perf_counter()
        while time.perf_counter() < started + seconds:
            latencies_ms.append(await measure() * 1000)
            await asyncio.sleep(GAP_SECONDS)
        outcome = outcome_of(latencies_ms, 0, time.perf_counter() - started)
        return Sample(outcome.rate, outcome.p50_ms, outcome.p99_ms)

    return run
