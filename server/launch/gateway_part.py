"""The gateway as a part of a run, and the gateway as a run of its own."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from server.kernel.settings import PlatformSettings
from server.launch.errors import LaunchError
from server.launch.folders import private_folder, socket_folder
from server.launch.gateway import Gateway
from server.launch.gateway_tracing import read_tracing
from server.launch.parts import Ended
from server.launch.roster import Roster


class GatewayPart:
    """Starts an Envoy in front of the servers, anew each time it died."""

    name = "gateway"

    def __init__(self, settings: PlatformSettings, upstreams: Sequence[str], run_folder: Path, roster: Roster) -> None:
        self._roster = roster
        self._gateway = open_gateway(settings, upstreams, run_folder)

    async def start(self) -> None:
        await self._gateway.start()
        self._roster.note(self.name, self._gateway.pid)

    async def wait(self) -> Ended:
        return Ended(await self._gateway.wait(), self._gateway.last_words)

    async def drain(self) -> None:
        await self._gateway.drain()

    async def stop(self) -> None:
        await self._gateway.stop()
        self._roster.strike(self.name)


def open_gateway(settings: PlatformSettings, upstreams: Sequence[str], run_folder: Path) -> Gateway:
    """A gateway with the ports of the settings."""
    return Gateway(
        http_host=settings.http_host,
        http_port=settings.http_port,
        internal_http_port=settings.internal_http_port,
        upstreams=upstreams,
        environment=settings.env,
        run_folder=run_folder,
        tracing=read_tracing(settings),
    )


async def run_gateway_alone(settings: PlatformSettings) -> None:
    """
    Run the gateway in front of servers that were started by somebody else, until a signal drains it.

    Raises:
        LaunchError: it does not start, or it died.
    """
    run_folder = private_folder(socket_folder(settings.data_folder) / "gateway")
    gateway = open_gateway(settings, [f"{settings.grpc_host}:{settings.grpc_port}"], run_folder)
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    await gateway.start()
    try:
        waits = [asyncio.create_task(asked.wait()), asyncio.create_task(gateway.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        if not asked.is_set():
            raise LaunchError(f"The gateway ended by itself.\n{gateway.last_words}")
        await gateway.drain()
    finally:
        await gateway.stop()
