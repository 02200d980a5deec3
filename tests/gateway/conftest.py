"""A real Envoy with the committed configuration, in front of a real server on a Unix socket."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc.aio
import httpx
import pytest
import pytest_asyncio

from server.launch.gateway import Gateway
from server.launch.gateway_tracing import Tracing
from tests.gateway.echo_server import EchoServer


@dataclass
class Standing:
    """A gateway, the server behind it, and where they are reached."""

    gateway: Gateway
    server: EchoServer
    public_port: int
    internal_port: int
    client: httpx.AsyncClient
    internal: httpx.AsyncClient
    channel: grpc.aio.Channel
    internal_channel: grpc.aio.Channel


async def call_natively(channel: grpc.aio.Channel, path: str, metadata: Mapping[str, str] | None = None) -> bytes:
    """Call an operation with an empty request."""
    operation: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(path)
    return await operation(b"", metadata=tuple((metadata or {}).items()))


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def standing_gateway(
    folder: Path,
    environment: str,
    *,
    drain_seconds: int = 1,
    more_upstreams: Sequence[str] = (),
    tracing: Tracing | None = None,
) -> AsyncIterator[Standing]:
    """Start both, hand over the ways to call them, stop both."""
    server = EchoServer(f"unix:{folder}/server.sock")
    await server.start()
    public_port, internal_port = free_port(), free_port()
    gateway = Gateway(
        http_port=public_port,
        internal_http_port=internal_port,
        upstreams=[server.address, *more_upstreams],
        environment=environment,
        run_folder=folder,
        drain_seconds=drain_seconds,
        tracing=tracing,
    )
    await gateway.start()
    try:
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{public_port}") as client,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{internal_port}") as internal,
            grpc.aio.insecure_channel(f"127.0.0.1:{public_port}") as channel,
            grpc.aio.insecure_channel(f"127.0.0.1:{internal_port}") as internal_channel,
        ):
            yield Standing(gateway, server, public_port, internal_port, client, internal, channel, internal_channel)
    finally:
        await gateway.stop()
        await server.stop()


@pytest.fixture(scope="session")
def socket_folder() -> Iterator[Path]:
    """A folder with a path short enough for sockets, whatever the name of the test."""
    with tempfile.TemporaryDirectory(prefix="tenantry-") as folder:
        yield Path(folder)


@pytest_asyncio.fixture(scope="session")
async def development(socket_folder: Path) -> AsyncIterator[Standing]:
    """The gateway of a development build."""
    folder = socket_folder / "development"
    folder.mkdir()
    async with standing_gateway(folder, "development") as standing:
        yield standing


@pytest_asyncio.fixture(scope="session")
async def production(socket_folder: Path) -> AsyncIterator[Standing]:
    """The gateway of a production build."""
    folder = socket_folder / "production"
    folder.mkdir()
    async with standing_gateway(folder, "production") as standing:
        yield standing


@pytest.fixture
def standing(development: Standing) -> Standing:
    """The gateway of a development build, with nothing kept of earlier calls."""
    development.server.calls.clear()
    return development


@pytest_asyncio.fixture(autouse=True)
async def _is_healthy(request: pytest.FixtureRequest) -> None:
    """A machine that stood still for seconds has made the gateway doubt its server: wait until it has asked again."""
    if "standing" not in request.fixturenames:
        return
    standing: Standing = request.getfixturevalue("standing")
    for _ in range(200):
        if (await standing.client.get("/healthz")).status_code == 200:
            return
        await asyncio.sleep(0.05)
