"""
A relay in front of PostgreSQL that counts round trips: what a client sends before it waits for an answer.

The connection that listens for notices is not counted.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit, urlunsplit

_SIMPLE_QUERY, _SYNC = b"Q", b"S"


class Wire:
    """The relay's address, and how many round trips went over it."""

    def __init__(self, dsn: str) -> None:
        self._upstream = urlsplit(dsn)
        self.dsn = dsn
        self.round_trips = 0

    async def listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        account = self._upstream.netloc.rpartition("@")[0]
        netloc = f"{account}@127.0.0.1:{port}" if account else f"127.0.0.1:{port}"
        self.dsn = urlunsplit(self._upstream._replace(netloc=netloc, query=""))
        return server

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        options = {name: values[0] for name, values in parse_qs(self._upstream.query).items()}
        host = options.get("host") or self._upstream.hostname or "localhost"
        port = int(options.get("port") or self._upstream.port or 5432)
        if host.startswith("/"):
            far_reader, far_writer = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            far_reader, far_writer = await asyncio.open_connection(host, port)
        back = asyncio.create_task(_copy(far_reader, writer))
        try:
            await self._count(reader, far_writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has hung up
        finally:
            far_writer.close()
            await back

    async def _count(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_starting = is_counted = True
        while True:
            kind = b"" if is_starting else await reader.readexactly(1)
            size = await reader.readexactly(4)
            (length,) = struct.unpack("!I", size)
            body = await reader.readexactly(length - 4)
            # A request for encryption (eight bytes) comes before the start message and is answered apart.
            if is_starting and length > 8:
                is_starting, is_counted = False, b"-signals" not in body
            self.round_trips += is_counted and kind in (_SIMPLE_QUERY, _SYNC)
            writer.write(kind + size + body)


@asynccontextmanager
async def counting(dsn: str) -> AsyncIterator[Wire]:
    """A relay to the PostgreSQL at *dsn*."""
    wire = Wire(dsn)
    server = await wire.listen()
    yield wire
    server.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65536):
        writer.write(chunk)
    writer.close()
