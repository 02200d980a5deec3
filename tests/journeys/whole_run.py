"""A whole run as a user starts it: `tenantry up` in a process of its own, on ports and a data folder of its own."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

_REPOSITORY = Path(__file__).parents[2]
_START_SECONDS = 60
_STOP_SECONDS = 90


@dataclass
class WholeRun:
    """What a test knows of a run."""

    process: subprocess.Popen[bytes]
    data: Path
    http_port: int
    internal_http_port: int
    grpc_port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def pids(self, kind: str) -> list[int]:
        """The processes whose name begins with *kind*: server, worker, gateway, or the database."""
        try:
            if kind == "database":
                [pid_file] = self.data.rglob("postmaster.pid")
                return [int(pid_file.read_text().splitlines()[0])]
            [roster] = self.data.rglob("processes.json")
            noted = json.loads(roster.read_text())
        except (ValueError, IndexError, FileNotFoundError):
            return []  # it is being started just now
        return [each["pid"] for name, each in noted.items() if name.startswith(kind)]

    def kill(self, kind: str, number: int = 0) -> None:
        """SIGKILL one of the processes of *kind*, if there is one just now."""
        pids = self.pids(kind)
        if pids:
            with contextlib.suppress(ProcessLookupError):  # it has died of an earlier one
                os.kill(pids[number % len(pids)], signal.SIGKILL)

    async def ready(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + _START_SECONDS
        async with httpx.AsyncClient() as client:
            while time.monotonic() < deadline:
                if self.process.poll() is not None:
                    raise AssertionError(f"it ended:\n{self.log.read_text()[-4000:]}")
                try:
                    if (await client.get(f"{self.url}/health")).status_code == httpx.codes.OK:
                        return
                except httpx.TransportError:
                    pass  # not yet
                await asyncio.sleep(0.05)
        raise AssertionError(f"not ready:\n{self.log.read_text()[-4000:]}")

    async def stop(self) -> int:
        """SIGTERM and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, _STOP_SECONDS)


@asynccontextmanager
async def whole_run(data: Path, **settings: str) -> AsyncIterator[WholeRun]:
    """Start a run, wait until it answers, and stop it at the end."""
    ports = free_ports(3)
    log = data.parent / f"{data.name}.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TENANTRY_")} | {
        "TENANTRY_DATA": str(data),
        "TENANTRY_HTTP_PORT": str(ports[0]),
        "TENANTRY_INTERNAL_HTTP_PORT": str(ports[1]),
        "TENANTRY_GRPC_PORT": str(ports[2]),
        "TENANTRY_PROCESSES": "2",
        "PYTHONPATH": os.pathsep.join([str(_REPOSITORY), str(_REPOSITORY / "generated")]),
        **{f"TENANTRY_{name}": value for name, value in settings.items()},
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "up"],
            cwd=data.parent,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    run = WholeRun(process, data, ports[0], ports[1], ports[2], log)
    try:
        await run.ready()
        yield run
    finally:
        if process.poll() is None:
            await run.stop()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
