"""A process of ours: started, listened to, and stopped with time to finish what it does."""

import asyncio
import signal
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from server.launch.console import Console
from server.launch.errors import LaunchError
from server.launch.parts import Ended, EndedEarly
from server.launch.roster import Roster

LINES_KEPT = 20
READY_SECONDS = 60
POLL_SECONDS = 0.02
LONGEST_LINE = 64 * 1024


class Child:
    """Runs a command in a process group of its own, so that Ctrl-C reaches the supervisor alone."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        console: Console,
        roster: Roster,
        socket: Path | None = None,
        drain_seconds: float = 30,
    ) -> None:
        """A child with a *socket* counts as started once somebody answers there."""
        self.name = name
        self._command = command
        self._environment = environment
        self._console = console
        self._roster = roster
        self._socket = socket
        self._drain_seconds = drain_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._last_lines: deque[str] = deque(maxlen=LINES_KEPT)

    async def start(self) -> None:
        """
        Start it, and wait until it is ready.

        Raises:
            EndedEarly: it ended before it was ready.
            LaunchError: it is not ready in time.
        """
        self._last_lines.clear()
        if self._socket:
            self._socket.unlink(missing_ok=True)
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._environment,
            start_new_session=True,
        )
        self._roster.note(self.name, self._process.pid)
        self._listening = asyncio.create_task(self._listen(self._process))
        if self._socket:
            await self._wait_for(self._socket)

    async def wait(self) -> Ended:
        """Wait until it ends."""
        process, listening = self._running()
        code = await process.wait()
        await asyncio.wait([listening], timeout=1)  # a grandchild may hold its output open
        self._roster.strike(self.name)
        return Ended(code, "\n".join(self._last_lines))

    async def stop(self) -> None:
        """Ask it to finish, and end it when it takes too long or we are not to wait."""
        if self._process is None:
            return
        try:
            if self._process.returncode is None:
                self._process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(self._drain_seconds):
                await self.wait()
        except TimeoutError:
            self._console.say(f"{self.name} did not finish within {self._drain_seconds:g} s and is ended")
            await self._kill()
        except asyncio.CancelledError:
            await self._kill()
            raise

    async def run(self) -> None:
        """
        Run it to its end.

        Raises:
            EndedEarly: it did not do what it was to do.
        """
        await self.start()
        ended = await self.wait()
        if ended.code != 0:
            raise EndedEarly(self.name, ended)

    async def _kill(self) -> None:
        process, _ = self._running()
        if process.returncode is None:
            process.kill()
        await process.wait()
        self._roster.strike(self.name)

    async def _wait_for(self, socket: Path) -> None:
        process, _ = self._running()
        deadline = asyncio.get_running_loop().time() + READY_SECONDS
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_unix_connection(str(socket))
            except OSError as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise LaunchError(f"{self.name} is not ready after {READY_SECONDS} s ({error}).") from None
                await asyncio.sleep(POLL_SECONDS)
            else:
                writer.close()
                return
        raise EndedEarly(self.name, await self.wait())

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        rest = b""
        while chunk := await process.stdout.read(LONGEST_LINE):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._hear(line)
        if rest:
            self._hear(rest)

    def _hear(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip("\r")
        self._last_lines.append(text)
        self._console.relay(self.name, text)

    def _running(self) -> tuple[asyncio.subprocess.Process, asyncio.Task[None]]:
        if self._process is None or self._listening is None:
            raise LaunchError(f"{self.name} has not been started.")
        return self._process, self._listening
