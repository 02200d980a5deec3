"""
Just enough HTTP/2 to load a gRPC server with unary calls over clear text.

Headers go out as a real client sends them: put in the server's HPACK table by the first call of a connection, by
one byte each afterwards. Answers are not decoded: a good unary answer carries a message (at least its five bytes of
prefix), a refusal only trailers, so the length of the data tells one from the other.
"""

import asyncio
import time
from collections import deque

from benchmarks.load.tally import LoadConnection, Tally
from benchmarks.load.target import Target

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
LARGEST_WINDOW = 2**31 - 1
FIRST_DYNAMIC_INDEX = 62  # HPACK: 61 entries are static
MESSAGE_PREFIX = 5


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def hpack_integer(value: int, first: int, prefix_bits: int) -> bytes:
    """An HPACK integer whose first byte carries the bits of *first* above its prefix."""
    limit = (1 << prefix_bits) - 1
    if value < limit:
        return bytes((first | value,))
    encoded, rest = bytearray((first | limit,)), value - limit
    while rest >= 128:
        encoded.append(rest % 128 | 128)
        rest //= 128
    return bytes((*encoded, rest))


def hpack_text(text: str) -> bytes:
    return hpack_integer(len(text.encode()), 0, 7) + text.encode()


class Http2Connection(LoadConnection):
    """Keeps the target's number of streams in flight over one connection."""

    def __init__(self, target: Target, tally: Tally) -> None:
        super().__init__(target, tally)
        headers = {":method": "POST", ":scheme": "http", ":path": target.path, ":authority": f"127.0.0.1:{target.port}"}
        fields = [*headers.items(), *target.headers.items()]
        # "Literal with incremental indexing": the newest entry of the table has the lowest index.
        self._block = b"".join(b"\x40" + hpack_text(name) + hpack_text(value) for name, value in fields)
        newest_last = range(len(fields) - 1, -1, -1)
        self._indexed_block = b"".join(hpack_integer(FIRST_DYNAMIC_INDEX + at, 0x80, 7) for at in newest_last)
        self._body, self._streams = target.body, target.streams
        self._next_stream = 1
        self._window = 65_535  # what the server allows us to send; the calls are too small for a stream's own window
        self._waiting: deque[float] = deque()
        self._started: dict[int, float] = {}
        self._received: dict[int, int] = {}
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        settings = b"\0\2\0\0\0\0" + b"\0\4" + LARGEST_WINDOW.to_bytes(4, "big")  # no push, largest stream window
        window = (LARGEST_WINDOW - 65_535).to_bytes(4, "big")
        self._transport.write(preface + frame(SETTINGS, 0, 0, settings) + frame(WINDOW_UPDATE, 0, 0, window))

    def begin(self) -> None:
        now = time.perf_counter()
        for _ in range(self._streams):
            self.call(now)

    def call(self, now: float) -> None:
        self._in_flight += 1
        if len(self._body) > self._window:
            self._waiting.append(now)
        else:
            self._send(now)

    def _send(self, now: float) -> None:
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        self._started[stream], self._received[stream] = now, 0
        self._window -= len(self._body)
        headers = frame(HEADERS, END_HEADERS, stream, self._block)
        self._transport.write(headers + frame(DATA, END_STREAM, stream, self._body))
        self._block = self._indexed_block

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        at, end = 0, len(buffer)
        while end - at >= 9:
            length = int.from_bytes(buffer[at : at + 3], "big")
            if end - at - 9 < length:
                break
            kind, flags = buffer[at + 3], buffer[at + 4]
            stream = int.from_bytes(buffer[at + 5 : at + 9], "big")
            if kind == DATA:
                self._received[stream] += length
            elif kind != HEADERS:
                self._control(kind, flags, stream, bytes(buffer[at + 9 : at + 9 + length]))
            if flags & END_STREAM and kind in (DATA, HEADERS):
                self.answer(self._started.pop(stream), good=self._received.pop(stream) >= MESSAGE_PREFIX)
            at += 9 + length
        del buffer[:at]

    def _control(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == WINDOW_UPDATE and stream == 0:
            self._window += int.from_bytes(payload, "big")
            while self._waiting and len(self._body) <= self._window:
                self._send(self._waiting.popleft())
        elif kind in (SETTINGS, PING) and not flags & ACK:
            self._transport.write(frame(kind, ACK, 0, payload if kind == PING else b""))
        elif kind == RST_STREAM:
            self._received.pop(stream, None)
            self.answer(self._started.pop(stream), good=False)
        elif kind == GOAWAY:
            self.fail(f"the server said goodbye: {payload[8:]!r}")
