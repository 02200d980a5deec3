"""A customer's web server: a real one on loopback, that answers as a test wants and remembers what it was sent."""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Received:
    """One call."""

    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    def verified_by(self, secret: str) -> dict[str, Any]:
        """What it says, once the official library has found its signature right."""
        found: dict[str, Any] = Webhook(secret).verify(self.body, dict(self.headers))
        return found


@dataclass
class Receiver:
    """Answers what stands in ``answers`` first, one a call, and then ``answer``."""

    answer: str = "204 No Content"
    answers: deque[str] = field(default_factory=deque)
    refused: set[str] = field(default_factory=set)  # events that it answers 500
    waits: float = 0
    drops: bool = False
    calls: list[Received] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    connections: int = 0
    port: int = 0
    scheme: str = "http"

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def event_ids(self) -> list[str]:
        return [call.event_id for call in self.calls]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            while await self._answer_one(reader, writer):
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the caller has gone, as it may
        finally:
            self.at_once -= 1
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.calls.append(Received(head[0].split()[1], headers, body))
        if self.drops:
            return False
        await asyncio.sleep(self.waits)
        answer = self.answers.popleft() if self.answers else self.answer
        if headers.get("webhook-id") in self.refused:
            answer = "500 Oops"
        writer.write(f"HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n".encode())
        return True


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None, **behaviour: Any) -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver(**behaviour)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    receiver.scheme = "https" if tls else "http"
    try:
        yield receiver
    finally:
        server.close()
