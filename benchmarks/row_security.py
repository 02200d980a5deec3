"""
What row-level security costs: the same query with and without it, 1000 organizations interleaved.

The guarded form is the one our reader runs: the setting that the policy looks at is set by the statement itself, for
this transaction only, so it takes one round trip and nothing is left behind on the connection.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from benchmarks.goals import GUARDED, UNGUARDED
from benchmarks.load.target import outcome_of
from benchmarks.processor_time import Stopwatch
from benchmarks.sample import Case, Sample

ORGANIZATIONS = 1000
CARS_EACH = 10
CONNECTIONS = 16
ROLE = "bench_application"

SCHEMA = f"""
create schema security;
create table security.open_car (
    organization_id uuid not null, id uuid not null default gen_random_uuid(), owner_id uuid not null,
    make text not null, model text not null, year int not null, number text not null,
    primary key (organization_id, id)
);
insert into security.open_car
select organization_id, gen_random_uuid(), gen_random_uuid(), 'Honda', 'Civic', 2023, 'ABC' || n
from (select gen_random_uuid() as organization_id from generate_series(1, {ORGANIZATIONS})) as organization,
    generate_series(1, {CARS_EACH}) as n;
create table security.guarded_car (like security.open_car including all);
insert into security.guarded_car select * from security.open_car;
alter table security.guarded_car enable row level security;
alter table security.guarded_car force row level security;
create policy own_organization on security.guarded_car
    using (organization_id = current_setting('app.organization_id', true)::uuid);
create role {ROLE} login password '{ROLE}' nosuperuser nobypassrls;
grant usage on schema security to {ROLE};
grant select on all tables in schema security to {ROLE};
analyze security.open_car, security.guarded_car;
"""
SELECT = "select id, owner_id, make, model, year, number from security.{table} where organization_id = $1 and id = $2"
OPEN = SELECT.format(table="open_car")
WITHIN = f"""
select q.* from (select set_config('app.organization_id', $3::text, true) offset 0) as s
cross join lateral ({SELECT.format(table="guarded_car")} offset 0) as q
"""


@dataclass(frozen=True, slots=True)
class Query:
    """One of the two queries, prepared on its connections."""

    statements: list["asyncpg.prepared_stmt.PreparedStatement[asyncpg.Record]"]
    arguments: Sequence[tuple[UUID | str, ...]]
    postgres: tuple[int, ...]

    async def round(self, seconds: float) -> Sample:
        """Run it in a closed loop on every connection, each call for the next organization."""
        stopwatch = Stopwatch({"postgres": self.postgres})
        latencies_ms: list[float] = []
        started = time.perf_counter()
        loops = [self._loop(at, started + seconds, latencies_ms) for at in range(len(self.statements))]
        await asyncio.gather(*loops)
        outcome = outcome_of(latencies_ms, 0, time.perf_counter() - started)
        spent = {group: time / outcome.answered for group, time in stopwatch.microseconds().items()}
        return Sample(outcome.rate, outcome.p50_ms, outcome.p99_ms, spent)

    async def _loop(self, at: int, stops_at: float, latencies_ms: list[float]) -> None:
        statement, arguments = self.statements[at], self.arguments
        number = at * len(arguments) // len(self.statements)
        now = time.perf_counter()
        while now < stops_at:
            row = await statement.fetchrow(*arguments[number % len(arguments)])
            assert row is not None
            number, before, now = number + 1, now, time.perf_counter()
            latencies_ms.append((now - before) * 1000)


@asynccontextmanager
async def row_security_cases(url: str, role_url: str, postgres: int) -> AsyncIterator[list[Case]]:
    """The pair of cases, in the database *url*; *role_url* is the same one, as the role that cannot bypass."""
    owner = await asyncpg.connect(url)
    try:
        await owner.execute(SCHEMA)
        cars = (
            "select distinct on (organization_id) organization_id, id from security.open_car order by organization_id"
        )
        keys = [(row["organization_id"], row["id"]) for row in await owner.fetch(cars)]
    finally:
        await owner.close()
    async with AsyncExitStack() as stack:
        cases = []
        guarded_keys = [(*key, str(key[0])) for key in keys]
        for name, text, arguments in ((UNGUARDED, OPEN, keys), (GUARDED, WITHIN, guarded_keys)):
            statements = []
            for _ in range(CONNECTIONS):
                connection = await asyncpg.connect(role_url)
                stack.push_async_callback(connection.close)
                statements.append(await connection.prepare(text))
            cases.append(Case(name, Query(statements, arguments, (postgres,)).round))
        await check(role_url, keys)
        yield cases


async def check(role_url: str, keys: list[tuple[UUID, UUID]]) -> None:
    """See that the policy holds: without the setting, and when another organization's car is asked for."""
    connection = await asyncpg.connect(role_url)
    try:
        (organization_id, car_id), (_, car_of_another) = keys[:2]
        seen = [
            await connection.fetchval("select count(*) from security.guarded_car"),
            len(await connection.fetch(WITHIN, organization_id, car_id, str(organization_id))),
            len(await connection.fetch(WITHIN, organization_id, car_of_another, str(organization_id))),
        ]
    finally:
        await connection.close()
    if seen != [0, 1, 0]:
        raise RuntimeError(f"row-level security does not hold: {seen}")
