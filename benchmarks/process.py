"""Starts a server in a process of its own, waits until it listens, and stops it."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 60.0
STOPS_WITHIN = 30.0


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@asynccontextmanager
async def running(
    arguments: list[str], *, port: int, log: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[int]:
    """Run `python ARGUMENTS` until the block ends, and give its process id once it listens on *port*."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *arguments),
            stdout=output,
            stderr=output,
            env=environment_with(environment or {}),
        )
    try:
        await _until_it_listens(process, port, log)
        yield process.pid
    finally:
        await stop(process)


async def run_to_end(arguments: list[str], *, log: Path, environment: Mapping[str, str]) -> None:
    """Run `python ARGUMENTS` and wait for it to succeed."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *arguments), stdout=output, stderr=output, env=environment_with(environment)
        )
    if await process.wait():
        raise RuntimeError(f"{' '.join(arguments)} failed: {last_words(log)}")


def environment_with(added: Mapping[str, str]) -> dict[str, str]:
    """Our environment with *added*, in which Python finds this project wherever it was started."""
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'generated'}", **added}


async def stop(process: asyncio.subprocess.Process, by: signal.Signals = signal.SIGTERM) -> None:
    """Ask *process* to end, and end it when it does not."""
    if process.returncode is None:
        process.send_signal(by)
    try:
        await asyncio.wait_for(process.wait(), STOPS_WITHIN)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _until_it_listens(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    async with asyncio.timeout(STARTS_WITHIN):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
    raise RuntimeError(f"a server ended at once: {last_words(log)}")


def last_words(log: Path) -> str:
    """The end of a log."""
    return log.read_text(errors="replace")[-2000:]
