"""
The floor: what grpc.aio and asyncpg cost with nothing of ours between them.

    python -m benchmarks.floor.server PORT DATABASE_URL

Echo answers from memory, Fetch reads one row through `pool.fetchrow` with the reset query off. Both take and give the
same messages as our GetCar, so that encoding costs everybody the same.
"""

import sys
from typing import Any

import asyncpg
import grpc
from tenantry.cars.v1.car_pb2 import CAR_STATUS_REGISTERED, Car, CarManager, CarManufacturer, CarOwner, CarPlate
from tenantry.cars.v1.cars_service_pb2 import GetCarRequest, GetCarResponse

from benchmarks import POOL_SIZE
from benchmarks.floor.table import CAR, CAR_ID, ORGANIZATION_ID, SELECT
from benchmarks.loop import run_loop

SERVICE = "benchmarks.Floor"


class UnresetConnection(asyncpg.Connection):
    """A connection that is not cleaned when it goes back to the pool: nothing here changes the session."""

    def get_reset_query(self) -> str:
        return ""


class Floor:
    """The two bare calls."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def echo(self, request: GetCarRequest, context: Any) -> GetCarResponse:
        return car_of(request.id, CAR)

    async def fetch(self, request: GetCarRequest, context: Any) -> GetCarResponse:
        row = await self._pool.fetchrow(SELECT, ORGANIZATION_ID, CAR_ID)
        assert row is not None
        return car_of(request.id, row)


def car_of(car_id: str, row: dict[str, Any] | asyncpg.Record) -> GetCarResponse:
    return GetCarResponse(
        car=Car(
            id=car_id,
            managers=[CarManager(id=manager_id) for manager_id in row["manager_ids"]],
            manufacturer=CarManufacturer(make=row["make"], model=row["model"], year=row["year"]),
            owner=CarOwner(id=row["owner_id"]),
            plate=CarPlate(jurisdiction=row["jurisdiction"], number=row["number"]),
            status=CAR_STATUS_REGISTERED,
        )
    )


async def serve(port: int, database_url: str) -> None:
    """Serve the floor until the process is told to end."""
    async with asyncpg.create_pool(
        database_url, min_size=POOL_SIZE, max_size=POOL_SIZE, connection_class=UnresetConnection
    ) as pool:
        floor = Floor(pool)
        server = grpc.aio.server()
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(
                method,
                request_deserializer=GetCarRequest.FromString,
                response_serializer=GetCarResponse.SerializeToString,
            )
            for name, method in {"Echo": floor.echo, "Fetch": floor.fetch}.items()
        }
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
        server.add_insecure_port(f"127.0.0.1:{port}")
        await server.start()
        await server.wait_for_termination()


if __name__ == "__main__":
    run_loop(serve(int(sys.argv[1]), sys.argv[2]))
