"""What the twin takes and gives, as pydantic models."""

from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from benchmarks.twin.models import Car


class CarCreate(BaseModel):
    make: str = Field(min_length=2, max_length=50)
    model: str = Field(min_length=2, max_length=50)
    year: int = Field(ge=1917, le=2100)
    jurisdiction: str = Field(min_length=1, max_length=50, pattern=r"^[\w\-. ]+$")
    number_plate: str = Field(min_length=1, max_length=15, pattern=r"^[\w ]+$")


class Person(BaseModel):
    id: str


class Manufacturer(BaseModel):
    make: str
    model: str
    year: int


class Plate(BaseModel):
    jurisdiction: str
    number: str


class CarRead(BaseModel):
    id: UUID
    managers: list[Person]
    manufacturer: Manufacturer
    owner: Person
    plate: Plate
    status: str

    @classmethod
    def of(cls, car: Car) -> Self:
        return cls(
            id=car.id,
            managers=[Person(id=manager_id) for manager_id in car.manager_ids],
            manufacturer=Manufacturer(make=car.make, model=car.model, year=car.year),
            owner=Person(id=str(car.owner_id)),
            plate=Plate(jurisdiction=car.jurisdiction, number=car.number),
            status=car.status,
        )


class CarResponse(BaseModel):
    car: CarRead
