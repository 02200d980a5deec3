"""Runs the floor and checks it with a real client before it is measured."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import grpc
from tenantry.cars.v1.cars_service_pb2 import GetCarRequest, GetCarResponse

from benchmarks.floor.server import SERVICE
from benchmarks.floor.table import SCHEMA
from benchmarks.load.target import Target, grpc_target
from benchmarks.process import free_port, running

REQUEST = GetCarRequest(id="car_01k00000000000000000000000")


@dataclass(frozen=True, slots=True)
class Floor:
    """The running floor, with its two calls."""

    pid: int
    echo: Target
    fetch: Target


@asynccontextmanager
async def floor(database_url: str, folder: Path) -> AsyncIterator[Floor]:
    """Serve the floor by one process until the block ends."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(SCHEMA)
    finally:
        await connection.close()
    port = free_port()
    arguments = ["-m", "benchmarks.floor.server", str(port), database_url]
    async with running(arguments, port=port, log=folder / "floor.log") as pid:
        yield Floor(pid, await _checked(port, "Echo"), await _checked(port, "Fetch"))


async def _checked(port: int, method: str) -> Target:
    path = f"/{SERVICE}/{method}"
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary(
            path,
            request_serializer=GetCarRequest.SerializeToString,
            response_deserializer=GetCarResponse.FromString,
        )
        answer = await call(REQUEST)
    if answer.car.plate.number != "ABC123":
        raise RuntimeError(f"the floor does not do what is measured: {answer}")
    return grpc_target(port, path, REQUEST.SerializeToString(), {}, answer.SerializeToString())
