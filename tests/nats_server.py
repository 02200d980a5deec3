"""A real NATS with JetStream, on a port and a folder of its own: started, killed, frozen and emptied."""

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROGRAM = Path(sys.executable).parent / "nats-server"
_START_SECONDS = 10.0


class NatsServer:
    """One NATS. Its port stays the same however often it is started."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        address = ["-a", "127.0.0.1", "-p", str(self.port)]
        command = [str(_PROGRAM), "-js", "-sd", str(self.folder / "store"), *address, *self._options]
        with (self.folder / "nats.log").open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            if self._process.poll() is not None:
                break
            if self._answers():
                return
            time.sleep(0.02)
        raise AssertionError(f"NATS did not start:\n{(self.folder / 'nats.log').read_text()[-2000:]}")

    def kill(self) -> None:
        """SIGKILL: what it had not written is gone."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It keeps its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def forget(self) -> None:
        """Remove everything it has stored; it must not be running."""
        assert self._process is None
        shutil.rmtree(self.folder / "store", ignore_errors=True)

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                return connection.recv(4) == b"INFO"
        except OSError:
            return False


@contextmanager
def running_nats(folder: Path, *options: str) -> Iterator[NatsServer]:
    """A NATS of its own, that may be broken, and is gone at the end."""
    server = NatsServer(folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.thaw()
        server.kill()
