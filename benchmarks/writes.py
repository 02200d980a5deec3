"""
What a durable unit of work costs: a row, its event and a delivery, by 64 callers at once over at most 16 connections.

The same three rows go into the same tables three ways: by our unit of work, by five statements of asyncpg (BEGIN, three
inserts, COMMIT), and by SQLAlchemy's async ORM. Once more by ours with a worker awake, which in a process of its own
carries out what is queued: how often PostgreSQL waits for the disk then.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import asyncpg
import orjson
from sqlalchemy import Column, MetaData, Table, Text, insert
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import registry

from benchmarks import POOL_SIZE
from benchmarks.floor.server import UnresetConnection
from benchmarks.goals import FIVE_STATEMENTS, ORM_WORK, WORK, WORK_AWAKE
from benchmarks.load.target import outcome_of
from benchmarks.process import free_port, running
from benchmarks.processor_time import Stopwatch
from benchmarks.sample import Case, Sample
from server.kernel import ids
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.database import Database
from server.kernel.database.event_log import event
from server.kernel.database.types import Id
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.deliveries.tables import delivery
from server.kernel.events import DomainEvent
from server.kernel.migrate import KERNEL, migrate

CALLERS = 64
TEXT = "what somebody wants to remember"
SCHEMA = """
create schema writes;
create table writes.note (id uuid primary key, text text not null);
grant usage on schema writes to tenantry_app;
grant select, insert on writes.note to tenantry_app;
"""
FSYNCS = "select coalesce(sum(fsyncs), 0)::float from pg_stat_io where object = 'wal'"
note = Table("note", MetaData(schema="writes"), Column("id", Id("note"), primary_key=True), Column("text", Text))
ADD = insert(note)
ADD_NOTE = "insert into writes.note (id, text) values ($1, $2)"
ADD_EVENT = """
insert into kernel.event
    (id, aggregate_type, aggregate_id, aggregate_prefix, version, name, occurred_at, data, call_id, caller_id)
values ($1, 'Note', $2, 'note', 1, 'notes.note_written.v1', $3, $4, 'bench', $5)
"""
ADD_DELIVERY = "insert into kernel.delivery (id, queue, message, queued_at, due_at) values ($1, 'usages', $2, $3, $3)"

Write = Callable[[], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class NoteWritten(DomainEvent):
    name: ClassVar[str] = "notes.note_written.v1"
    note_id: str
    text: str


@dataclass
class Note:
    aggregate_type: ClassVar[str] = "Note"
    id: str
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)


def usage(note_id: str) -> dict[str, Any]:
    return {"ForId": note_id, "EventName": "Note Written", "Additional": {"ResourceId": note_id}}


def our_write(database: Database) -> Write:
    """By a unit of work of the kernel."""

    async def write() -> None:
        written = Note(ids.new_id("note"))
        written.events.append(NoteWritten(note_id=written.id, text=TEXT))
        async with database.begin() as uow:
            await uow.write(ADD, {"id": written.id, "text": TEXT})
            await uow.publish(written)
            uow.deliver(Message(Queue.USAGES, usage(written.id)))

    return write


def five_statements(pool: "asyncpg.Pool[Any]") -> Write:
    """By a transaction of asyncpg, whose pool keeps the statements prepared and resets nothing."""

    async def write() -> None:
        note_id, message_id, now = ids.uuid7(), ids.uuid7(), datetime.now(UTC)
        text_id = ids.encode("note", note_id)
        data = orjson.dumps({"note_id": text_id, "text": TEXT}).decode()
        message = orjson.dumps({"MessageId": ids.encode("msg", message_id), **usage(text_id)}).decode()
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(ADD_NOTE, note_id, TEXT)
            await connection.execute(ADD_EVENT, ids.uuid7(), note_id, now, data, message_id)
            await connection.execute(ADD_DELIVERY, message_id, message, now)

    return write


def orm_write(sessions: "async_sessionmaker[Any]") -> Write:
    """By a session of the ORM, as its documentation teaches."""
    mapper = registry()
    note_row, event_row, delivery_row = (type(name, (), {}) for name in ("NoteRow", "EventRow", "DeliveryRow"))
    for row, table in ((note_row, note), (event_row, event), (delivery_row, delivery)):
        mapper.map_imperatively(row, table)

    def made(row: type, **values: Any) -> Any:
        return row(**values)

    async def write() -> None:
        note_id, message_id, now = ids.uuid7(), ids.uuid7(), datetime.now(UTC)
        text_id = ids.encode("note", note_id)
        happened = made(
            event_row,
            id=ids.uuid7(),
            aggregate_type="Note",
            aggregate_id=note_id,
            aggregate_prefix="note",
            version=1,
            name="notes.note_written.v1",
            occurred_at=now,
            data={"note_id": text_id, "text": TEXT},
            call_id="bench",
            caller_id=message_id,
        )
        message = orjson.dumps({"MessageId": ids.encode("msg", message_id), **usage(text_id)}).decode()
        queued = made(delivery_row, id=message_id, queue="usages", message=message, queued_at=now, due_at=now)
        async with sessions() as session, session.begin():
            session.add_all([made(note_row, id=text_id, text=TEXT), happened, queued])

    return write


@asynccontextmanager
async def write_cases(
    url: str, awake_url: str, folder: Path, receiver_port: int, postgres: int
) -> AsyncIterator[list[Case]]:
    """The three ways, in the database *url*, and ours with a worker awake in *awake_url*."""
    set_current_call(service_call("bench"))
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(prepared(url))
        pool = await stack.enter_async_context(
            asyncpg.create_pool(url, min_size=POOL_SIZE, max_size=POOL_SIZE, connection_class=UnresetConnection)
        )
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"), pool_size=POOL_SIZE)
        stack.push_async_callback(engine.dispose)
        watched = await stack.enter_async_context(prepared(awake_url))
        port = free_port()
        awake = ["-m", "benchmarks.awake", awake_url, f"127.0.0.1:{receiver_port}", str(port)]
        await stack.enter_async_context(running(awake, port=port, log=folder / "awake.log"))
        writes = {
            WORK: (our_write(ours), url),
            FIVE_STATEMENTS: (five_statements(pool), url),
            ORM_WORK: (orm_write(async_sessionmaker(engine)), url),
            WORK_AWAKE: (our_write(watched), awake_url),
        }
        cases = []
        for name, (write, database_url) in writes.items():
            owner = await asyncpg.connect(database_url)
            stack.push_async_callback(owner.close)
            cases.append(Case(name, round_of(write, owner, postgres)))
        yield cases


@asynccontextmanager
async def prepared(url: str) -> AsyncIterator[Database]:
    """The kernel's database at *url*, migrated."""
    await migrate(url, [KERNEL])
    owner = await asyncpg.connect(url)
    await owner.execute(SCHEMA)
    await owner.close()
    database = Database(url, pool_size=POOL_SIZE)
    await database.start()
    yield database
    await database.stop()


def round_of(write: Write, owner: "asyncpg.Connection[Any]", postgres: int) -> Callable[[float], Awaitable[Sample]]:
    """Write in a closed loop by so many callers, and count how often PostgreSQL waits for the disk."""

    async def run(seconds: float) -> Sample:
        await owner.execute("truncate writes.note, kernel.event, kernel.delivery")
        latencies_ms: list[float] = []
        before = await _fsyncs(owner)
        stopwatch = Stopwatch({"postgres": (postgres,)})
        started = time.perf_counter()
        processor_time = time.process_time()

        async def caller() -> None:
            now = time.perf_counter()
            while now < started + seconds:
                await write()
                earlier, now = now, time.perf_counter()
                latencies_ms.append((now - earlier) * 1000)

        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        outcome = outcome_of(latencies_ms, 0, time.perf_counter() - started)
        spent = {
            "server": (time.process_time() - processor_time) * 1e6 / outcome.answered,
            "postgres": stopwatch.microseconds().get("postgres", 0.0) / outcome.answered,
        }
        fsyncs = (await _fsyncs(owner) - before) / outcome.answered
        return Sample(outcome.rate, outcome.p50_ms, outcome.p99_ms, spent, fsyncs=fsyncs)

    return run


async def _fsyncs(owner: "asyncpg.Connection[Any]") -> float:
    await asyncio.sleep(1.1)  # each process of PostgreSQL tells at most once a second
    await owner.execute("select pg_stat_force_next_flush()")
    return float(await owner.fetchval(FSYNCS))
