"""
A disk that a test can fill: a small file system in memory.

Root may mount one. For others the test runs in a process with a view of the file systems of its own, in which they may.
"""

import asyncio
import contextlib
import ctypes
import functools
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_DETACH = 2  # MNT_DETACH: gone at once for us, and for good when the last who uses it is
_MAY_MOUNT = "TENANTRY_TEST_MAY_MOUNT"
_UNSHARE = ["unshare", "--user", "--map-current-user", "--mount", "--keep-caps"]
_PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "-p", "no:cacheprovider"]


def mounting(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Run a test where it may mount."""

    @functools.wraps(test)
    async def run(**given: object) -> None:
        if os.geteuid() == 0 or _MAY_MOUNT in os.environ:
            await test(**given)
            return
        name = os.environ["PYTEST_CURRENT_TEST"].removesuffix(" (call)")
        process = await asyncio.create_subprocess_exec(
            *_UNSHARE,
            *_PYTEST,
            name,
            env=os.environ | {_MAY_MOUNT: "yes"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()

    return run


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator["SmallDisk"]:
    """
    Mount it on *folder* meanwhile.

    Raises:
        PermissionError: Nobody may here, as in a container that is not privileged.
    """
    folder.mkdir(exist_ok=True)
    _check(_libc.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, f"size={megabytes}m,mode=0755".encode()))
    try:
        yield SmallDisk(folder)
    finally:
        _check(_libc.umount2(bytes(folder), _DETACH))


class SmallDisk:
    """Full or not, as a test says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    @property
    def free(self) -> int:
        """How many bytes are left."""
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self) -> None:
        """Leave nothing."""
        with self._filler.open("ab", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(64 * 1024))

    def clear(self) -> None:
        """Give back what was taken by :meth:`fill`."""
        self._filler.unlink(missing_ok=True)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
