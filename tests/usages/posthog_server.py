"""A PostHog on loopback: takes batches as PostHog's capture does, and can be told to be in a bad way."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import UUID

_LARGEST_EVENT = 1_000_000
API_KEY = "phc_of_a_test"


@dataclass
class PostHogServer:
    """What has arrived, and what is answered instead of taking it."""

    port: int = 0
    calls: int = 0
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What is kept, by uuid: an event that comes again is dropped."""
    answers: int | None = None
    hangs: bool = False
    hangs_up: bool = False
    before_answer: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self, method: str, path: str, body: bytes) -> int:
        """The status of a request, whose events are kept if it is a good one."""
        self.calls += 1
        if self.answers is not None:
            return self.answers
        if (method, path) != ("POST", "/batch/"):
            return HTTPStatus.NOT_FOUND
        request = json.loads(body)
        if request["api_key"] != API_KEY:
            return HTTPStatus.UNAUTHORIZED
        for event in request["batch"]:
            if not event["event"] or not event["distinct_id"] or not isinstance(event["properties"], dict):
                return HTTPStatus.BAD_REQUEST
            if len(json.dumps(event)) > _LARGEST_EVENT:
                return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        for event in request["batch"]:
            self.events.setdefault(str(UUID(event["uuid"])), event)
        return HTTPStatus.OK

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head.decode(), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has hung up, or we have
        finally:
            writer.close()

    async def _answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if self.hangs:
            await self.before_answer.wait()
        if self.hangs_up:
            raise ConnectionResetError
        method, path, _ = first.split(" ")
        status = self.take(method, path, body)
        text = b'{"status": "Ok"}' if status == HTTPStatus.OK else b'{"detail": "no"}'
        location = f"location: {self.url}/elsewhere\r\n" if status == HTTPStatus.FOUND else ""
        if method == "GET":
            status, location = HTTPStatus.OK, ""
        writer.write(
            f"HTTP/1.1 {int(status)} so\r\n{location}content-type: application/json\r\n"
            f"content-length: {len(text)}\r\n\r\n".encode()
        )
        writer.write(text)
        await writer.drain()


@asynccontextmanager
async def posthog() -> AsyncIterator[PostHogServer]:
    """Run one on a free port."""
    server = PostHogServer()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=64 * 1024 * 1024)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.before_answer.set()
        listener.close()
