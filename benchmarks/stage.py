"""Starts what the wanted cases need, each server once and only when a case asks for it."""

from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import TypeVar

from benchmarks.database import Cluster, cluster
from benchmarks.floor.process import Floor, floor
from benchmarks.gateway import Rest, gateway
from benchmarks.load.spell import Load
from benchmarks.ours import Ours, ours
from benchmarks.process import free_port, running
from benchmarks.twin.process import Twin, twin

T = TypeVar("T")


class Stage:
    """The running servers. Everything ends with *stack*."""

    def __init__(self, stack: AsyncExitStack, folder: Path, load: Load) -> None:
        self.folder = folder
        self.load = load
        self._stack = stack
        self._cluster: Cluster | None = None
        self._floor: Floor | None = None
        self._twin: Twin | None = None
        self._ours: Ours | None = None
        self._rest: Rest | None = None
        self._receiver_port: int | None = None

    async def entered(self, context: AbstractAsyncContextManager[T]) -> T:
        """Enter *context* until the bench ends."""
        return await self._stack.enter_async_context(context)

    async def cluster(self) -> Cluster:
        if self._cluster is None:
            self._cluster = await self.entered(cluster(self.folder))
        return self._cluster

    async def floor(self) -> Floor:
        if self._floor is None:
            url = await (await self.cluster()).create("floor")
            self._floor = await self.entered(floor(url, self.folder))
        return self._floor

    async def twin(self) -> Twin:
        if self._twin is None:
            url = await (await self.cluster()).create("twin")
            self._twin = await self.entered(twin(url, self.folder))
        return self._twin

    async def ours(self) -> Ours:
        if self._ours is None:
            url = await (await self.cluster()).create("ours")
            self._ours = await self.entered(ours(url, self.folder))
        return self._ours

    async def rest(self) -> Rest:
        if self._rest is None:
            self._rest = await self.entered(gateway(await self.ours(), self.folder))
        return self._rest

    async def receiver(self) -> int:
        """The port of who takes deliveries."""
        if self._receiver_port is None:
            port = self._receiver_port = free_port()
            log = self.folder / "receiver.log"
            await self.entered(running(["-m", "benchmarks.receiver", str(port)], port=port, log=log))
        return self._receiver_port
