"""The twin's application: read one car, register one car."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException, status
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from benchmarks import POOL_SIZE
from benchmarks.twin.models import SCHEMA, Car, Delivery, Event, Model
from benchmarks.twin.schemas import CarCreate, CarRead, CarResponse
from benchmarks.twin.security import Caller

engine = create_async_engine(os.environ["TWIN_DATABASE_URL"], pool_size=POOL_SIZE, max_overflow=0)
new_session = async_sessionmaker(engine, expire_on_commit=False)


async def open_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(open_session)]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.execute(text(f"create schema if not exists {SCHEMA}"))
        await connection.run_sync(Model.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/cars/{car_id}")
async def get_car(car_id: UUID, caller: Caller, session: Session) -> CarResponse:
    car = await session.scalar(select(Car).where(Car.id == car_id, Car.organization_id == caller.organization_id))
    if car is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "No such car")
    return CarResponse(car=CarRead.of(car))


@app.post("/cars")
async def register_car(request: CarCreate, caller: Caller, session: Session) -> CarResponse:
    car = Car(
        id=uuid4(),
        organization_id=caller.organization_id,
        owner_id=caller.sub,
        manager_ids=[str(caller.sub)],
        make=request.make,
        model=request.model,
        year=request.year,
        jurisdiction=request.jurisdiction,
        number=request.number_plate,
    )
    event = Event(name="cars.car_registered.v1", car=car, payload=request.model_dump() | {"car_id": str(car.id)})
    session.add_all([car, event, Delivery(event=event, queue="audits")])
    await session.commit()
    return CarResponse(car=CarRead.of(car))
