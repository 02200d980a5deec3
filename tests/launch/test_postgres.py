"""The embedded PostgreSQL, on real folders and with real deaths."""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from server.launch.errors import LaunchError
from server.launch.folders import socket_folder
from server.launch.postgres import EmbeddedPostgres, running_dsn
from server.launch.postgres_account import Account, choose_account
from server.launch.postgres_cluster import PROGRAMS
from server.launch.processes import Process

START_AND_SHOW_PID = """
import asyncio, sys, time
from pathlib import Path
from server.launch.folders import socket_folder
from server.launch.postgres import EmbeddedPostgres

async def main():
    postgres = EmbeddedPostgres(Path(sys.argv[1]), fast=True)
    await postgres.start()
    print(postgres.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest_asyncio.fixture(scope="module")
async def running() -> AsyncIterator[EmbeddedPostgres]:
    """One for the tests that only look."""
    with tempfile.TemporaryDirectory(prefix="tenantry-test-") as folder:
        embedded = EmbeddedPostgres(Path(folder), fast=True)
        await embedded.start()
        yield embedded
        await embedded.stop()


@pytest_asyncio.fixture
async def postgres(folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    embedded = EmbeddedPostgres(folder, fast=True)
    await embedded.start()
    yield embedded
    await embedded.stop()


async def ask(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def keep_a_row(dsn: str) -> None:
    await ask(dsn, "CREATE TABLE kept (id int PRIMARY KEY)")
    await ask(dsn, "INSERT INTO kept VALUES (7)")


async def test_it_serves_the_database_of_the_product(running: EmbeddedPostgres) -> None:
    assert await ask(running.dsn, "SELECT current_database()") == "tenantry"
    assert int(str(await ask(running.dsn, "SHOW server_version_num"))) >= 180000


async def test_every_commit_is_durable_unless_it_is_to_be_fast(running: EmbeddedPostgres, folder: Path) -> None:
    durable = EmbeddedPostgres(folder)
    try:
        dsn = await durable.start()
        assert await ask(dsn, "SHOW fsync") == "on"
        assert await ask(dsn, "SHOW synchronous_commit") == "on"
    finally:
        await durable.stop()
    assert await ask(running.dsn, "SHOW fsync") == "off"


async def test_sqlalchemy_takes_the_same_dsn(running: EmbeddedPostgres) -> None:
    engine = create_async_engine(running.dsn.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await engine.dispose()


async def test_it_asks_for_the_password_on_its_port_and_on_its_socket(running: EmbeddedPostgres) -> None:
    port = int(running.dsn.rpartition("=")[2])
    for host in ("127.0.0.1", str(Path(running.dsn.partition("host=")[2].partition("&")[0].replace("%2F", "/")))):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(host=host, port=port, user="tenantry", password="guess", database="tenantry")


async def test_the_password_is_for_its_owner_alone(running: EmbeddedPostgres) -> None:
    kept = running.folder / "postgres" / "tenantry-password"

    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text() in running.dsn


async def test_data_and_address_outlive_a_stop(postgres: EmbeddedPostgres) -> None:
    dsn = postgres.dsn
    await keep_a_row(dsn)

    await postgres.stop()
    await postgres.start()

    assert postgres.dsn == dsn
    assert await ask(dsn, "SELECT id FROM kept") == 7


async def test_it_recovers_from_being_killed_in_the_middle_of_work(postgres: EmbeddedPostgres) -> None:
    dsn = postgres.dsn
    await keep_a_row(dsn)
    busy = asyncio.create_task(ask(dsn, "SELECT sum(i) FROM generate_series(1, 2000000000) i"))
    await asyncio.sleep(0.2)

    assert postgres.pid
    os.kill(postgres.pid, signal.SIGKILL)
    ended = await postgres.wait()
    await postgres.start()

    assert ended.how == "was killed by SIGKILL"
    assert postgres.dsn == dsn
    assert await ask(dsn, "SELECT id FROM kept") == 7
    with pytest.raises((asyncpg.PostgresError, OSError)):
        await busy


async def test_a_postgres_left_by_a_killed_run_is_ended_and_its_data_kept(folder: Path) -> None:
    run = subprocess.Popen([sys.executable, "-c", START_AND_SHOW_PID, folder], stdout=subprocess.PIPE, text=True)
    assert run.stdout
    left = Process.of(int(run.stdout.readline()))
    dsn = running_dsn(folder)
    assert left
    assert dsn
    await keep_a_row(dsn)
    run.kill()
    run.communicate()
    assert Process.of(left.pid) == left

    postgres = EmbeddedPostgres(folder, fast=True)
    try:
        assert await postgres.start() == dsn
        assert Process.of(left.pid) is None
        assert await ask(dsn, "SELECT id FROM kept") == 7
    finally:
        await postgres.stop()


async def test_what_a_killed_initdb_left_is_thrown_away(folder: Path) -> None:
    draft = folder / "postgres.draft-0123"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18")
    (folder / "postgres.draft-0123.password").write_text("half")

    postgres = EmbeddedPostgres(folder, fast=True)
    await postgres.start()
    await postgres.stop()

    assert not list(folder.glob("*.draft-*"))


async def test_an_empty_folder_in_its_place_is_used(folder: Path) -> None:
    (folder / "postgres").mkdir()

    postgres = EmbeddedPostgres(folder, fast=True)
    await postgres.start()
    await postgres.stop()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"base": "something"}, "not a whole database folder"),
        ({"PG_VERSION": "18"}, "not a whole database folder"),
        ({"PG_VERSION": "17\n", "tenantry-password": "x"}, "made by PostgreSQL 17, and this is PostgreSQL 18"),
    ],
)
async def test_a_strange_folder_in_its_place_is_refused_and_left_alone(
    folder: Path, files: dict[str, str], said: str
) -> None:
    place = folder / "postgres"
    place.mkdir()
    for name, content in files.items():
        (place / name).write_text(content)

    with pytest.raises(LaunchError, match=said):
        await EmbeddedPostgres(folder).start()

    assert {path.name: path.read_text() for path in place.iterdir()} == files


async def test_a_folder_in_use_is_refused_by_name_of_its_user(running: EmbeddedPostgres) -> None:
    with pytest.raises(LaunchError, match=f"in use by process {os.getpid()}"):
        await EmbeddedPostgres(running.folder).start()

    assert await ask(running.dsn, "SELECT 1") == 1


async def test_when_its_port_was_taken_meanwhile_it_takes_another(folder: Path) -> None:
    postgres = EmbeddedPostgres(folder, fast=True)
    first = await postgres.start()
    await keep_a_row(first)
    await postgres.stop()

    with socket.create_server(("127.0.0.1", int(first.rpartition("=")[2]))):
        again = EmbeddedPostgres(folder, fast=True)
        second = await again.start()
        assert second != first
        assert await ask(second, "SELECT id FROM kept") == 7
        await again.stop()


async def test_a_path_too_long_for_a_socket_is_no_hindrance(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)

    postgres = EmbeddedPostgres(deep, fast=True)
    dsn = await postgres.start()
    try:
        assert await ask(dsn, "SELECT 1") == 1
    finally:
        await postgres.stop()
        shutil.rmtree(socket_folder(deep))


async def test_no_variable_of_the_caller_reaches_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("LC_ALL", "xx_YY.UTF-8")

    postgres = EmbeddedPostgres(folder, fast=True)
    await postgres.start()
    await postgres.stop()


def test_only_root_needs_to_become_somebody_else(folder: Path) -> None:
    account = choose_account(folder, PROGRAMS / "postgres")

    assert (account == Account()) == (os.geteuid() != 0)


async def test_root_without_namespaces_runs_it_as_an_unprivileged_user(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))  # where there is no unshare

    postgres = EmbeddedPostgres(folder, fast=True)
    dsn = await postgres.start()
    try:
        assert await ask(dsn, "SELECT 1") == 1
        owner = pwd.getpwuid((folder / "postgres").stat().st_uid)
        assert owner.pw_uid != 0
    finally:
        await postgres.stop()
