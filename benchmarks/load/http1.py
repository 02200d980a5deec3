"""Just enough HTTP/1.1 to load a server: keep-alive, one request in flight, answers with a content-length."""

import time

from benchmarks.load.tally import LoadConnection, Tally
from benchmarks.load.target import Target


class Http1Connection(LoadConnection):
    """Sends the same request again and again over one connection."""

    def __init__(self, target: Target, tally: Tally) -> None:
        super().__init__(target, tally)
        lines = [f"{target.method} {target.path} HTTP/1.1", f"host: 127.0.0.1:{target.port}"]
        lines += [f"{name}: {value}" for name, value in target.headers.items()]
        if target.body:
            lines.append(f"content-length: {len(target.body)}")
        self._request = "\r\n".join(lines).encode() + b"\r\n\r\n" + target.body
        self._buffer = b""
        self._started = 0.0

    def begin(self) -> None:
        self.call(time.perf_counter())

    def call(self, now: float) -> None:
        self._in_flight = 1
        self._started = now
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        head_ends = self._buffer.find(b"\r\n\r\n")
        if head_ends < 0:
            return
        head = self._buffer[:head_ends].lower()
        length_at = head.find(b"\r\ncontent-length:")
        if length_at < 0:
            self.fail(f"an answer without content-length: {head!r}")
            return
        length = int(head[length_at + 17 :].split(b"\r\n", 1)[0])
        if len(self._buffer) < head_ends + 4 + length:
            return
        self._buffer = b""  # closed loop: nothing follows before the next request
        self.answer(self._started, good=head[9:10] == b"2")
