"""
The embedded PostgreSQL: a real server on a data folder of its own, started, stopped and recovered by us.

It listens on a socket in a private folder and on a port of 127.0.0.1, asks for a password on both, and keeps every
commit unless `fast` is asked for, as tests do.
"""

import asyncio
import shutil
import signal
from pathlib import Path
from urllib.parse import quote, urlencode

import asyncpg

from server.launch.errors import LaunchError
from server.launch.folders import private_folder, socket_folder
from server.launch.lock import FolderLock
from server.launch.parts import Ended, EndedEarly
from server.launch.postgres_account import Ids, choose_account
from server.launch.postgres_cluster import ENVIRONMENT, PROGRAMS, SUPERUSER, Cluster, free_port, is_free
from server.launch.processes import Steps

DATABASE = "tenantry"
LARGEST_LOG = 10_000_000
LEAST_SPACE = 32 * 1024 * 1024  # PostgreSQL recovers into new files of its log, of 16 MB each

START_SECONDS = 120  # recovery after a crash may read a lot of log
LINGER_SECONDS = 10  # how long the children of a killed PostgreSQL may keep its memory
POLL_SECONDS = 0.02

# Fast: refuse new connections and end the others. Immediate: leave the rest to recovery.
SHUTDOWN: Steps = [(signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)]
QUIT: Steps = SHUTDOWN[1:]

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
PASSING = ("pre-existing shared memory", "Address already in use", "already exists")
# A commit still reaches the operating system, so a killed process loses nothing; only a power cut would.
# And many servers share one database, each with a pool of its own.
FAST_SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "600"}


class EmbeddedPostgres:
    """One PostgreSQL in a folder; `start` may be called again after it died, and keeps its address."""

    name = "database"

    def __init__(self, folder: Path, *, fast: bool = False) -> None:
        self.folder = folder.resolve()
        self._fast = fast
        self._cluster = Cluster(self.folder / "postgres")
        self._log = self.folder / "postgres.log"
        self._lock = FolderLock(
            self.folder / "postgres.lock",
            taken=f"The database in {self.folder} is in use by process {{pid}}. Stop that one first, or choose "
            "another folder by TENANTRY_DATA.",
        )
        self._process: asyncio.subprocess.Process | None = None
        self._port: int | None = None

    @property
    def dsn(self) -> str:
        """How to connect, through the socket; right until the folder moves."""
        if self._port is None:
            raise LaunchError("The embedded database has not been started.")
        return _dsn(self._cluster, socket_folder(self.folder), self._port)

    @property
    def pid(self) -> int | None:
        """The number of the running PostgreSQL."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> str:
        """
        Serve the folder's database, made or recovered as needed, and say how to connect.

        Raises:
            LaunchError: another process uses the folder, or PostgreSQL does not start on it.
            EndedEarly: there is no space left to start on.
        """
        private_folder(self.folder)
        self._lock.acquire()
        try:
            account = choose_account(self.folder, PROGRAMS / "postgres")
            await self._cluster.make_if_missing(account, durable=not self._fast)
            await self._end_left_over()
            sockets = socket_folder(self.folder)
            account.hand_over(sockets)
            deadline = asyncio.get_running_loop().time() + LINGER_SECONDS
            while True:
                port = self._choose_port()
                offset = _make_room(self._log)
                command = [*account.prefix, *_command(self._cluster.folder, sockets, port, fast=self._fast)]
                self._process = await self._spawn(command, account.ids)
                if await self._is_ready(sockets, port):
                    break
                if asyncio.get_running_loop().time() > deadline or not self._may_pass(_tail(self._log, offset)):
                    said = _tail(self._log, offset).strip()
                    if self._process.returncode is not None and self._is_disk_full:
                        raise EndedEarly(self.name, Ended(self._process.returncode, said, is_disk_full=True))
                    raise LaunchError(f"PostgreSQL does not start on {self._cluster.folder}:\n{said}")
                await asyncio.sleep(0.1)
        except BaseException:
            await self.stop()
            raise
        self._port = port
        self._cluster.keep_port(port)
        return self.dsn

    async def stop(self) -> None:
        """Stop cleanly, whatever state it is in, and let others use the folder."""
        if self._process and self._process.returncode is None:
            for number, seconds in SHUTDOWN:
                self._process.send_signal(number)
                try:
                    await asyncio.wait_for(self._process.wait(), seconds)
                    break
                except TimeoutError:
                    continue
        self._lock.release()

    async def wait(self) -> Ended:
        """Wait until PostgreSQL ends, by whatever cause."""
        if self._process is None:
            raise LaunchError("The embedded database has not been started.")
        code = await self._process.wait()
        return Ended(code, f"Its log is {self._log}.", is_disk_full=self._is_disk_full)

    @property
    def _is_disk_full(self) -> bool:
        return shutil.disk_usage(self.folder).free < LEAST_SPACE

    async def _end_left_over(self) -> None:
        """End what a killed run left: the whole PostgreSQL, or backends without one."""
        if postmaster := self._cluster.postmaster():
            await postmaster.end(SHUTDOWN)
        for backend in self._cluster.backends():
            await backend.end(QUIT)

    async def _spawn(self, command: list[str], ids: Ids) -> asyncio.subprocess.Process:
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=ENVIRONMENT,
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops us last
                **ids,
            )

    async def _is_ready(self, sockets: Path, port: int) -> bool:
        """Connect until it works; False when PostgreSQL ends before."""
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while self.pid is not None:
            try:
                await _ensure_database(_dsn(self._cluster, sockets, port, database="postgres"))
                return True
            except asyncpg.InvalidPasswordError:
                raise LaunchError(f"The password kept in {self._cluster.folder} is not the database's.") from None
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise LaunchError(f"PostgreSQL did not get ready: {error}. Its log is {self._log}.") from None
            await asyncio.sleep(POLL_SECONDS)
        return False

    def _choose_port(self) -> int:
        if self._port is not None:
            return self._port  # others have this address already
        kept = self._cluster.port
        return kept if kept and is_free(kept) else free_port()

    def _may_pass(self, said: str) -> bool:
        """Is what kept PostgreSQL from starting likely to pass: remains of a killed one, a port lost to another?"""
        assert self._process
        killed = self._process.returncode is not None and self._process.returncode < 0
        return killed or any(each in said for each in PASSING)


def running_dsn(folder: Path) -> str | None:
    """How to connect to the database that another process serves from *folder*, if one does."""
    cluster = Cluster(folder.resolve() / "postgres")
    port = cluster.port
    if port is None or cluster.postmaster() is None:
        return None
    return _dsn(cluster, socket_folder(folder.resolve()), port)


def _dsn(cluster: Cluster, sockets: Path, port: int, *, database: str = DATABASE) -> str:
    place = urlencode({"host": str(sockets), "port": port})
    return f"postgresql://{SUPERUSER}:{quote(cluster.password, safe='')}@/{database}?{place}"


def _command(folder: Path, sockets: Path, port: int, *, fast: bool) -> list[str]:
    settings = SETTINGS | {"port": str(port), "unix_socket_directories": str(sockets)} | (FAST_SETTINGS if fast else {})
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return [str(PROGRAMS / "postgres"), "-D", str(folder), *options]


async def _ensure_database(dsn: str) -> None:
    connection = await asyncpg.connect(dsn, timeout=5)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f'CREATE DATABASE "{DATABASE}"')
    finally:
        await connection.close()


def _make_room(log: Path) -> int:
    """Start a new log when the last grew large, and say where the next words will stand."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    return log.stat().st_size if log.exists() else 0


def _tail(log: Path, offset: int) -> str:
    with log.open("rb") as file:
        file.seek(offset)
        return file.read().decode(errors="replace")
