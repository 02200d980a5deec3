"""Where a run keeps its files."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from server.launch.errors import LaunchError

LONGEST_SOCKET_PATH = 103  # bytes; Linux takes 107, macOS 103
LONGEST_SOCKET_NAME = len(".s.PGSQL.65535")


def private_folder(folder: Path) -> Path:
    """
    Make *folder*, for nobody else to read.

    Raises:
        LaunchError: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise LaunchError(
            f"The folder {folder} cannot be made ({error.strerror}). Choose one by TENANTRY_DATA."
        ) from None
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise LaunchError(f"The folder {folder} cannot be written by this user. Choose one by TENANTRY_DATA.")
    return folder


def socket_folder(data: Path) -> Path:
    """
    The folder of the sockets: in *data*, or, where its path is too long for a socket, a private one of a short name.

    Raises:
        LaunchError: the folder is not ours alone.
    """
    folder = data / "run"
    if len(os.fsencode(folder)) + 1 + LONGEST_SOCKET_NAME > LONGEST_SOCKET_PATH:
        name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"tenantry-{os.geteuid()}-{name}"
    private_folder(folder)
    found = folder.lstat()
    # Anybody may have made a folder of that name in a temporary folder before us.
    if not stat.S_ISDIR(found.st_mode) or (os.geteuid() != 0 and found.st_uid != os.geteuid()):
        raise LaunchError(f"The folder of the sockets, {folder}, belongs to somebody else. Remove it.")
    return folder
