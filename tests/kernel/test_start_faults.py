"""Server processes that start while the database is away."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import grpc
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from server.composition import histories
from tests.harness import fresh_database
from tests.kernel.faults import eventually

_SERVE = "from server.app import serve; serve()"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest_asyncio.fixture
async def dsn(postgres: str, database_name: str) -> AsyncIterator[str]:
    async with fresh_database(postgres, f"{database_name}_start_faults", histories()) as url:
        yield url


@asynccontextmanager
async def _process(dsn: str) -> AsyncIterator[Any]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "TENANTRY_DATABASE_URL": dsn,
        "TENANTRY_GRPC_PORT": str(port),
        "TENANTRY_DRAIN_NOTICE_SECONDS": "0",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SERVE, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield health_pb2_grpc.HealthStub(channel)
    finally:
        process.terminate()
        await process.wait()


async def _said(health: Any) -> int:
    answer = await health.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True, timeout=30)
    return int(answer.status)


async def test_a_process_whose_database_is_away_is_not_ready_from_its_first_answer_on():
    async with _process("postgresql://nobody@127.0.0.1:1/none") as health:
        assert await _said(health) == NOT_SERVING


async def test_readiness_goes_and_comes_with_the_database(dsn):
    name = dsn.rpartition("/")[2].partition("?")[0]
    async with _process(dsn) as health:
        assert await _said(health) == SERVING
        admin = await asyncpg.connect(dsn, database="postgres")
        try:
            await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
            await eventually(lambda: _is(health, NOT_SERVING), 5)
            await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            await eventually(lambda: _is(health, SERVING), 5)
        finally:
            await admin.close()


async def _is(health: Any, expected: int) -> bool:
    return await _said(health) == expected
