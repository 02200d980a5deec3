"""A whole run whose disk runs full: it refuses, stays up, and goes on by itself when there is space."""

import asyncio
import uuid
from collections import Counter
from contextlib import suppress
from pathlib import Path

import asyncpg
import grpc
from tenantry.password_credentials.v1.password_credentials_service_pb2 import RegisterPersonRequest
from tenantry.password_credentials.v1.password_credentials_service_pb2_grpc import PasswordCredentialsServiceStub

from server.launch.postgres import running_dsn
from tests.harness import Refused, refusal_of
from tests.journeys.whole_run import WholeRun, whole_run
from tests.kernel.small_disk import mounting, small_disk

_MEGABYTES = 192
_SECONDS = 30


@mounting
async def test_a_run_whose_disk_is_full_stays_up_and_goes_on_when_there_is_space(tmp_path: Path) -> None:
    refusals: list[Refused] = []
    quick = {"QUEUE_BACKOFF_BASE_SECONDS": "0.2", "QUEUE_LEASE_SECONDS": "7", "LOG_EVERY_CALL": "false"}
    with small_disk(tmp_path / "data", _MEGABYTES) as disk:
        async with whole_run(tmp_path / "data", **quick) as run, grpc.aio.insecure_channel(_target(run)) as channel:
            registered = [await _register(channel) for _ in range(3)]

            disk.fill()
            await _fill_log(run)
            while len(refusals) < 10:
                try:
                    registered.append(await _register(channel))
                except grpc.aio.AioRpcError as error:
                    refusals.append(refusal_of(error))
                    await asyncio.sleep(0.2)
            assert run.process.poll() is None, run.log.read_text()[-2_000:]
            assert "its disk is full" in run.log.read_text()

            disk.clear()
            async with asyncio.timeout(_SECONDS):
                while not (again := await _try_to_register(channel)):
                    await asyncio.sleep(0.2)
            mails = await _mails(run, [*registered, again])
            assert await run.stop() == 0

    assert {refused.code for refused in refusals} <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
    assert set(mails.values()) == {1}


def _target(run: WholeRun) -> str:
    return f"127.0.0.1:{run.http_port}"


async def _register(channel: grpc.aio.Channel) -> str:
    """Sign up; the address that gets a mail."""
    address = f"{uuid.uuid4().hex}@example.com"
    request = RegisterPersonRequest(
        first_name="Ana",
        last_name="Silva",
        email_address=address,
        password="a quiet harbour at dusk",
        terms_and_conditions_accepted=True,
    )
    await PasswordCredentialsServiceStub(channel).RegisterPerson(request, timeout=10)
    return address


async def _try_to_register(channel: grpc.aio.Channel) -> str | None:
    with suppress(grpc.aio.AioRpcError):
        return await _register(channel)
    return None


async def _fill_log(run: WholeRun) -> None:
    """Let PostgreSQL need one more file, which it does not survive."""
    dsn = running_dsn(run.data)
    assert dsn
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        connection = await asyncpg.connect(dsn)
        for _ in range(5):
            await connection.execute("SELECT pg_logical_emit_message(false, 'filler', 'x'), pg_switch_wal()")


async def _mails(run: WholeRun, addresses: list[str]) -> Counter[str]:
    """How many mails each of *addresses* got, once all have one."""
    dsn = running_dsn(run.data)
    assert dsn
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(_SECONDS):
            while True:
                rows = await connection.fetch("SELECT to_email_address FROM emails.captured_mail")
                found = Counter(row["to_email_address"] for row in rows)
                if set(addresses) <= set(found):
                    return found
                await asyncio.sleep(0.2)
    finally:
        await connection.close()
