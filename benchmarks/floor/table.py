"""The one row that the floor reads, with the columns of our own car."""

from typing import Any
from uuid import UUID

ORGANIZATION_ID = UUID("01a00000-0000-7000-8000-000000000001")
CAR_ID = UUID("01a00000-0000-7000-8000-000000000002")
OWNER_ID = "user_01k00000000000000000000000"
CAR: dict[str, Any] = {
    "owner_id": OWNER_ID,
    "manager_ids": [OWNER_ID],
    "make": "Honda",
    "model": "Civic",
    "year": 2023,
    "jurisdiction": "New Zealand",
    "number": "ABC123",
}

SCHEMA = f"""
create schema floor;
create table floor.car (
    organization_id uuid not null, id uuid not null, owner_id text not null, manager_ids text[] not null,
    make text not null, model text not null, year int not null,
    jurisdiction text not null, number text not null, status text not null,
    primary key (organization_id, id)
);
insert into floor.car values (
    '{ORGANIZATION_ID}', '{CAR_ID}', '{OWNER_ID}', '{{{OWNER_ID}}}',
    'Honda', 'Civic', 2023, 'New Zealand', 'ABC123', 'registered'
);
"""
SELECT = """
select id, owner_id, manager_ids, make, model, year, jurisdiction, number, status from floor.car
where organization_id = $1 and id = $2
"""
