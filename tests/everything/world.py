"""One running product: the server, the gateway in front of it, an organization, and callers of every kind."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import InitVar, dataclass, field
from pathlib import Path
from typing import TypeVar

import grpc
import httpx
from google.protobuf.message import Message

from server.launch.gateway import Gateway
from tests.everything.callers import Caller
from tests.everything.calls import Answer, call_natively
from tests.everything.operations import Operation
from tests.everything.requests import Requests, Value
from tests.gateway.conftest import free_port
from tests.harness import Running

T = TypeVar("T")
_AT_ONCE = 8


@dataclass
class Ways:
    """The ways in, from outside and from inside."""

    channel: grpc.aio.Channel
    internal_channel: grpc.aio.Channel
    client: httpx.AsyncClient
    internal: httpx.AsyncClient


@dataclass
class World:
    """What the tests of this folder look at."""

    running: Running
    ways: Ways
    organization_id: str
    callers: dict[str, Caller]
    values: InitVar[Mapping[str, Value]]
    requests: Requests = field(init=False)

    def __post_init__(self, values: Mapping[str, Value]) -> None:
        self.requests = Requests(self.make, values)

    @property
    def owner(self) -> Caller:
        return self.callers["owner"]

    def able(self, operation: Operation) -> Caller:
        """Somebody who may call an operation."""
        if operation.is_service_only:
            return self.callers["service"]
        if operation.is_of_a_sign_in:
            return self.callers["nobody"]
        if operation.is_of_second_factors:
            return self.callers["enrolled"]
        return self.callers["operator"] if operation.is_for_operators else self.owner

    async def make(self, operation: Operation, request: Message, caller: Caller) -> Message:
        """Call an operation that must succeed."""
        answer = await self.call(operation, request, caller)
        assert answer.is_ok, f"{operation.name}: {answer.says} {dict(answer.violations)}"
        return operation.response.FromString(answer.body)

    async def call(self, operation: Operation, request: Message | bytes, caller: Caller) -> Answer:
        """Call natively, past the gateway."""
        return await call_natively(self.running.channel, operation, request, caller.metadata)


@asynccontextmanager
async def standing_gateway(port: int, folder: Path, environment: str = "development") -> AsyncIterator[Ways]:
    """The gateway in front of a server on this port."""
    public, internal = free_port(), free_port()
    gateway = Gateway(
        http_port=public,
        internal_http_port=internal,
        upstreams=[f"127.0.0.1:{port}"],
        environment=environment,
        run_folder=folder,
        drain_seconds=1,
    )
    await gateway.start()
    try:
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{public}") as client,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{internal}") as inside,
            grpc.aio.insecure_channel(f"127.0.0.1:{public}") as channel,
            grpc.aio.insecure_channel(f"127.0.0.1:{internal}") as internal_channel,
        ):
            yield Ways(channel, internal_channel, client, inside)
    finally:
        await gateway.stop()


async def gathered(calls: Iterable[Awaitable[T]]) -> list[T]:
    """The results of many calls, a few of them at once."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def taken(call: Awaitable[T]) -> T:
        async with turn:
            return await call

    return list(await asyncio.gather(*[taken(call) for call in calls]))
