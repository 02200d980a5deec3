"""The disk of the database runs full: calls end with a clear refusal, and everything goes on when there is space."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest

from server.kernel.access.caller import service_call, set_current_call
from server.kernel.database import Database
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.errors import StoreUnavailable
from server.kernel.migrate import KERNEL, migrate
from server.launch.errors import LaunchError
from server.launch.postgres import EmbeddedPostgres
from tests.kernel.faults import ADD, eventually, fault_tables, outside
from tests.kernel.small_disk import SmallDisk, mounting, small_disk
from tests.kernel.working import ReceiverProcess, standing, worker

_MEGABYTES = 160  # a new database takes half of it


class Writer:
    """Use cases, one after the other, each a row and a message; and how each ended."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.acknowledged: list[str] = []
        self.refusals: list[BaseException] = []

    async def write(self) -> None:
        """One use case."""
        name = secrets.token_hex(1_000)  # so that pages are full soon
        try:
            async with self._database.begin() as uow:
                await uow.write(ADD, {"name": name, "amount": 1})
                uow.deliver(Message(Queue.USAGES, {"Name": name}))
        except Exception as error:  # noqa: BLE001  # the test says which may be
            self.refusals.append(error)
            await asyncio.sleep(0.01)
        else:
            self.acknowledged.append(name)

    async def write_until_refused(self, times: int) -> None:
        """Until it is refused so often."""
        async with asyncio.timeout(30):
            while len(self.refusals) < times:
                await self.write()


@asynccontextmanager
async def _database_on(disk: SmallDisk) -> AsyncIterator[Database]:
    """By a PostgreSQL that is started again when it dies."""
    set_current_call(service_call("test"))
    postgres = EmbeddedPostgres(disk.folder, fast=True)
    await migrate(await postgres.start(), [KERNEL])
    async with _kept(postgres), fault_tables(postgres.dsn, pool_size=3) as found:
        yield found


@asynccontextmanager
async def _kept(postgres: EmbeddedPostgres) -> AsyncIterator[None]:
    async def keep() -> None:
        while True:
            await postgres.wait()
            with suppress(LaunchError):
                await postgres.start()
            await asyncio.sleep(0.1)

    keeping = asyncio.create_task(keep())
    yield
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping
    await postgres.stop()


@pytest.mark.parametrize("is_log_full", [False, True], ids=["no page for a table", "no room for the log either"])
@mounting
async def test_a_full_disk_refuses_use_cases_and_takes_them_again_when_there_is_space(tmp_path, is_log_full):
    receiver = ReceiverProcess(tmp_path)
    with small_disk(tmp_path / "disk", _MEGABYTES) as disk:
        async with _database_on(disk) as database, receiver.running(), worker(database.pool._dsn, receiver.target):
            writer = Writer(database)
            for _ in range(50):
                await writer.write()

            disk.fill()
            if is_log_full:  # which PostgreSQL does not survive
                await _fill_log(database)
            await writer.write_until_refused(30)
            disk.clear()

            await eventually(lambda: _takes(writer), seconds=20)
            await eventually(lambda: _is_empty(database), seconds=30)
            async with outside(database) as connection:
                kept = {row["name"] for row in await connection.fetch("SELECT name FROM faults.thing")}

    assert {type(error) for error in writer.refusals} == {StoreUnavailable}, writer.refusals[:3]
    assert set(writer.acknowledged) == kept
    assert Counter(receiver.carried_out) == Counter(writer.acknowledged)


async def _fill_log(database: Database) -> None:
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        async with outside(database) as connection:
            for _ in range(5):
                await connection.execute("SELECT pg_logical_emit_message(false, 'filler', 'x'), pg_switch_wal()")


async def _takes(writer: Writer) -> bool:
    count = len(writer.acknowledged)
    await writer.write()
    return len(writer.acknowledged) > count


async def _is_empty(database: Database) -> bool:
    return await standing(database) == (0, 0)
