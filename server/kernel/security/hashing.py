"""
Password hashing (argon2id, OWASP minimum): off the event loop, in few niced threads, behind an admission limit.

On the event loop it would make everybody else's p99 a hundred times worse; in threads of ordinary priority, nine times.
"""

import asyncio
import ctypes
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib.hashers.argon2 import Argon2Hasher

from server.kernel.errors import RateLimited

R = TypeVar("R")
_WAITING = 100
_NICENESS = 15
_M_MMAP_THRESHOLD = -3  # of malloc.h
_LARGE = 1024 * 1024


class PasswordHasher:
    """Hashes and verifies passwords, at most *concurrency* at a time; past 100 waiting it refuses."""

    def __init__(
        self, *, memory_kib: int = 19_456, iterations: int = 2, parallelism: int = 1, concurrency: int = 1
    ) -> None:
        self._hasher = Argon2Hasher(time_cost=iterations, memory_cost=memory_kib, parallelism=parallelism)
        self._concurrency = concurrency
        _give_large_blocks_back()
        self._threads = ThreadPoolExecutor(self._concurrency, "hash", initializer=_be_nice)
        self._admitted = 0
        self._dummy = self._hasher.hash("no account has this password")

    async def hash(self, password: str) -> str:
        """
        Hash a password that is in NFC, into a PHC string.

        Raises:
            RateLimited: Too many are waiting.
        """
        return await self._run(self._hasher.hash, password)

    async def verify(self, password: str, stored: str | None) -> tuple[bool, bool]:
        """
        Whether *password* is the stored one, and whether it should be hashed anew with today's parameters.

        Without a stored hash the same work is done for nothing, so that nobody can tell.

        Raises:
            RateLimited: Too many are waiting.
        """
        is_right: bool = await self._run(self._hasher.verify, password, stored or self._dummy)
        if stored is None or not is_right:
            return False, False
        return True, self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Let the running hashes finish and end the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[..., R], *arguments: str) -> R:
        if self._admitted >= self._concurrency + _WAITING:
            raise RateLimited("Too many sign-ins at once. Try again in a second.", retry_after=1.0)
        self._admitted += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        finally:
            self._admitted -= 1


def _be_nice() -> None:
    if sys.platform == "linux":  # priorities are per thread there
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _give_large_blocks_back() -> None:
    """
    Have the memory of each hash go back to the system at once.

    By itself glibc, having seen blocks that large, keeps one for each thread for good: 19 MB a processor in every
    server process. The price is that each hash gets fresh pages, some milliseconds' work of the niced thread.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
