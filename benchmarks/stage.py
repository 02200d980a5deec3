"""Starts what the wanted cases need, each server once and only when a case asks for it."""

from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.database import Cluster, cluster
from benchmarks.floor_server import Floor, floor
from benchmarks.load.spell import Load
from benchmarks.twin.server import Twin, twin


class Stage:
    """The running servers. Everything ends with *stack*."""

    def __init__(self, stack: AsyncExitStack, folder: Path, load: Load) -> None:
        self._stack = stack
        self.folder = folder
        self.load = load
        self._cluster: Cluster | None = None
        self._floor: Floor | None = None
        self._twin: Twin | None = None

    async def cluster(self) -> Cluster:
        if self._cluster is None:
            self._cluster = await self._stack.enter_async_context(cluster(self.folder))
        return self._cluster

    async def floor(self) -> Floor:
        if self._floor is None:
            url = await (await self.cluster()).create("floor")
            self._floor = await self._stack.enter_async_context(floor(url, self.folder))
        return self._floor

    async def twin(self) -> Twin:
        if self._twin is None:
            url = await (await self.cluster()).create("twin")
            self._twin = await self._stack.enter_async_context(twin(url, self.folder))
        return self._twin
