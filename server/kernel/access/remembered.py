"""
What the database says of users now, remembered briefly, so that an ordinary call asks it nothing.

An entry lives for less than a second and is dropped at once on every process when its user changes. While this process
does not hear the others, nothing is remembered at all.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from server.kernel.database import Database

CHANNEL = "principals"
_LIFETIME_SECONDS = 0.9
_MOST = 50_000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(ABC, Generic[K, V]):
    """One kind of things by their keys, loaded once however many ask. Subclasses say how, and whose they are."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: OrderedDict[K, tuple[float, V | None, str]] = OrderedDict()  # oldest first
        self._keys_of_user: dict[str, set[K]] = {}
        self._loading: dict[K, asyncio.Future[V | None]] = {}
        database.signals.on(CHANNEL, self._drop)
        database.signals.on_loss(self._drop_all)

    @abstractmethod
    async def _load(self, key: K) -> V | None:
        """Ask the database."""

    @abstractmethod
    def _user_of(self, key: K, value: V | None) -> str | None:
        """Whose it is; ``None`` while nobody can say, because it is being loaded, or is unknown."""

    async def recall(self, key: K) -> V | None:
        """The thing as it is now; ``None`` when there is none."""
        if not self._database.signals.is_connected:
            return await self._load(key)
        entry = self._remembered.get(key)
        if entry is not None and entry[0] > time.monotonic():
            return entry[1]
        loading = self._loading.get(key)
        if loading is None:
            loading = asyncio.ensure_future(self._load_and_remember(key))
            self._loading[key] = loading
        return await asyncio.shield(loading)

    async def _load_and_remember(self, key: K) -> V | None:
        mine = asyncio.current_task()
        try:
            until = time.monotonic() + _LIFETIME_SECONDS
            value = await self._load(key)
            # A change that arrived while the query ran took this load out of the list: it may be stale already.
            if self._loading.get(key) is mine:
                self._remember(key, until, value)
            return value
        finally:
            if self._loading.get(key) is mine:
                self._loading.pop(key, None)

    def _remember(self, key: K, until: float, value: V | None) -> None:
        now = time.monotonic()
        while self._remembered:
            oldest = next(iter(self._remembered))
            if self._remembered[oldest][0] > now and len(self._remembered) < _MOST:
                break
            self._forget(oldest)
        if key in self._remembered:
            self._forget(key)
        user_id = self._user_of(key, value) or ""
        self._remembered[key] = (until, value, user_id)
        self._keys_of_user.setdefault(user_id, set()).add(key)

    def _forget(self, key: K) -> None:
        _, _, user_id = self._remembered.pop(key)
        keys = self._keys_of_user[user_id]
        keys.discard(key)
        if not keys:
            del self._keys_of_user[user_id]

    def _drop(self, user_id: str) -> None:
        for key in self._keys_of_user.pop(user_id, ()):
            self._remembered.pop(key, None)
        for key in [key for key in self._loading if self._user_of(key, None) in (None, user_id)]:
            self._loading.pop(key, None)

    def _drop_all(self) -> None:
        self._remembered.clear()
        self._keys_of_user.clear()
        self._loading.clear()
