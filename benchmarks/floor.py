"""
The floor: what grpc.aio and asyncpg cost with nothing of ours between them.

    python -m benchmarks.floor PORT DATABASE_URL

Echo answers from memory, Fetch reads one row through `pool.fetchrow` with the reset query off. Both take and give the
same messages as our GetCar, so that encoding costs everybody the same.
"""

import sys
from typing import Any
from uuid import UUID

import asyncpg
import grpc
from tenantry.cars.v1.car_pb2 import CAR_STATUS_REGISTERED, Car, CarManager, CarManufacturer, CarOwner, CarPlate
from tenantry.cars.v1.cars_service_pb2 import GetCarRequest, GetCarResponse

from benchmarks.loop import run_loop

SERVICE = "benchmarks.Floor"
CONNECTIONS = 8
CAR_ID = UUID("01a00000-0000-7000-8000-000000000001")

SCHEMA = """
create schema if not exists floor;
create table if not exists floor.car (
    organization_id uuid not null, id uuid not null, owner_id text not null, manager_ids text[] not null,
    make text not null, model text not null, year int not null,
    jurisdiction text not null, number text not null, status text not null,
    primary key (organization_id, id)
);
insert into floor.car values (
    '01a00000-0000-7000-8000-000000000002', '01a00000-0000-7000-8000-000000000001',
    'user_01k00000000000000000000000', '{user_01k00000000000000000000000}',
    'Honda', 'Civic', 2023, 'New Zealand', 'ABC123', 'registered'
) on conflict do nothing;
"""
SELECT = """
select id, owner_id, manager_ids, make, model, year, jurisdiction, number from floor.car
where organization_id = '01a00000-0000-7000-8000-000000000002' and id = $1
"""


class UnresetConnection(asyncpg.Connection):
    """A connection that is not cleaned when it goes back to the pool: nothing here changes the session."""

    def get_reset_query(self) -> str:
        return ""


class Floor:
    """The two bare calls."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def echo(self, request: GetCarRequest, context: Any) -> GetCarResponse:
        return car_of(request.id, "user_01k00000000000000000000000", "Honda", "Civic", 2023, "New Zealand", "ABC123")

    async def fetch(self, request: GetCarRequest, context: Any) -> GetCarResponse:
        row = await self._pool.fetchrow(SELECT, CAR_ID)
        assert row is not None
        values = row["owner_id"], row["make"], row["model"], row["year"], row["jurisdiction"], row["number"]
        return car_of(request.id, *values)


def car_of(
    car_id: str, owner_id: str, make: str, model: str, year: int, jurisdiction: str, number: str
) -> GetCarResponse:
    return GetCarResponse(
        car=Car(
            id=car_id,
            managers=[CarManager(id=owner_id)],
            manufacturer=CarManufacturer(make=make, model=model, year=year),
            owner=CarOwner(id=owner_id),
            plate=CarPlate(jurisdiction=jurisdiction, number=number),
            status=CAR_STATUS_REGISTERED,
        )
    )


async def serve(port: int, database_url: str) -> None:
    """Serve the floor until the process is told to end."""
    async with asyncpg.create_pool(
        database_url, min_size=CONNECTIONS, max_size=CONNECTIONS, connection_class=UnresetConnection
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
