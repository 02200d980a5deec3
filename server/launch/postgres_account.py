"""
As whom PostgreSQL runs.

It refuses to run as root, and as a user whom this machine does not know, as containers may have. Then it runs in a user
namespace of its own, in which our files belong to an ordinary user; where namespaces are switched off (as in many
containers), root starts it as an unprivileged user of this machine.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from server.launch.errors import LaunchError

UNPRIVILEGED_USERS = ("tenantry", "postgres", "nobody")


class Ids(TypedDict, total=False):
    """Whom a process becomes, as `subprocess` takes it."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """How to start a process that must not be root's."""

    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    @property
    def ids(self) -> Ids:
        return {"user": self.owner[0], "group": self.owner[1], "extra_groups": []} if self.owner else {}

    def hand_over(self, folder: Path) -> None:
        """
        Give *folder* and all in it to whom PostgreSQL runs as.

        Raises:
            LaunchError: it belongs to another user.
        """
        if not folder.exists():
            return
        wanted = self.owner or (os.geteuid(), os.getegid())
        if folder.stat().st_uid == wanted[0]:
            return
        if os.geteuid() != 0:
            raise LaunchError(
                f"The folder {folder} belongs to the user {_name(folder.stat().st_uid)}. Run as that user, give the "
                "folder to yours (chown), or choose another one by TENANTRY_DATA."
            )
        for path in _tree(folder):
            os.chown(path, *wanted, follow_symlinks=False)


def choose_account(folder: Path, program: Path) -> Account:
    """
    As whom *program* can run with its data in *folder*.

    Raises:
        LaunchError: as nobody whom we can be.
    """
    if os.geteuid() != 0 and _is_known(os.geteuid()):
        return Account()
    if namespace := _namespace():
        return Account(prefix=namespace)
    if os.geteuid() != 0:
        raise LaunchError(
            f"PostgreSQL does not run as a user without a name (number {os.geteuid()}). Give the user one in "
            "/etc/passwd, or name a database by TENANTRY_DATABASE_URL."
        )
    for name in UNPRIVILEGED_USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        account = Account(owner=(user.pw_uid, user.pw_gid))
        folder.chmod(folder.stat().st_mode | 0o011)  # to pass through, not to read
        if _can_reach(account, folder, program):
            return account
    raise LaunchError(
        "PostgreSQL does not run as root, and here is neither a user namespace (unshare --user) nor an unprivileged "
        f"user who can reach {folder} and {program}. Run as an ordinary user, or name a database by "
        "TENANTRY_DATABASE_URL."
    )


def _namespace() -> tuple[str, ...] | None:
    """The command that runs another in a user namespace as an ordinary user whom the machine knows, if that works."""
    ordinary = next((user for user in pwd.getpwall() if user.pw_uid != 0), None)
    if ordinary is None or not shutil.which("unshare"):
        return None
    command = ("unshare", "--user", f"--map-user={ordinary.pw_uid}", f"--map-group={ordinary.pw_gid}")
    works = subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    return command if works else None


def _can_reach(account: Account, folder: Path, program: Path) -> bool:
    script = 'cd "$1" && exec "$2" --version'
    command = ["/bin/sh", "-c", script, "sh", str(folder), str(program)]
    try:
        return subprocess.run(command, capture_output=True, check=False, **account.ids).returncode == 0
    except OSError:
        return False


def _tree(folder: Path) -> Iterator[Path]:
    yield folder
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield Path(parent, name)


def _name(uid: int) -> str:
    return pwd.getpwuid(uid).pw_name if _is_known(uid) else str(uid)


def _is_known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
