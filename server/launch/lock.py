"""A lock file: one process at a time may use a folder, and the lock ends with the process, however that ends."""

import fcntl
import os
from pathlib import Path
from typing import Self

from server.launch.errors import LaunchError


class FolderLock:
    """Holds an exclusive `flock` on a file that names its holder."""

    def __init__(self, path: Path, *, taken: str) -> None:
        """*taken* says what it means that another process holds the lock; `{pid}` stands for that process."""
        self._path = path
        self._taken = taken
        self._descriptor: int | None = None

    def acquire(self) -> Self:
        """
        Take the lock; a lock already held stays held.

        Raises:
            LaunchError: another process holds it.
        """
        if self._descriptor is not None:
            return self
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode().strip()
            os.close(descriptor)
            raise LaunchError(self._taken.format(pid=holder or "unknown")) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor
        return self

    def release(self) -> None:
        """Let others in. The file stays: removing it would let two processes lock two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
