"""Statements: values come out as they went in, and of rows only those of the organization, whatever the plan."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from server.kernel import ids
from server.kernel.database import Database
from server.kernel.database.statements import MissingOrganization
from server.kernel.database.types import Id, Instant, Word, Words, tenant_table
from server.kernel.migrate import KERNEL, allow, protect
from tests.harness import fresh_database


class Mood(StrEnum):
    CALM = "calm"
    CROSS = "cross"


metadata = MetaData(schema="trial")
thing = Table(
    "thing",
    metadata,
    Column("id", Id("thing"), primary_key=True),
    Column("mood", Word(Mood)),
    Column("moods", Words(Mood)),
    Column("friend_ids", ARRAY(Id("thing"))),
    Column("seen_at", Instant),
    Column("facts", JSONB),
    Column("small", Integer),
    Column("large", BigInteger),
    Column("price", Numeric),
    Column("is_kept", Boolean),
    Column("raw", LargeBinary),
    Column("text", Text),
)
note = tenant_table("note", metadata, Column("id", Id("note"), primary_key=True), Column("text", Text, nullable=False))

ADD_THING = insert(thing)
FIND_THING = select(thing).where(thing.c.id == bindparam("id"))
ADD_NOTE = insert(note)
LIST_NOTES = select(note.c.text).order_by(note.c.text)  # names no organization: row-level security alone must hold
COUNT_NOTES = select(func.count().label("number")).select_from(note)
PAIR_NOTES = select(note.c.text).select_from(note.join(other := note.alias(), other.c.id != note.c.id)).distinct()
CHANGE_NOTES = update(note).values(text=bindparam("text"))

CREATE = """
    CREATE SCHEMA trial;
    GRANT USAGE ON SCHEMA trial TO tenantry_app;
    CREATE TABLE trial.thing (
        id uuid PRIMARY KEY, mood text, moods text[], friend_ids uuid[], seen_at timestamptz, facts jsonb,
        small integer, large bigint, price numeric, is_kept boolean, raw bytea, text text
    );
    CREATE TABLE trial.note (organization_id uuid NOT NULL, id uuid PRIMARY KEY, text text NOT NULL);
    CREATE INDEX ON trial.note (organization_id)
"""
PLANS = {
    "as PostgreSQL likes": {},
    "generic": {"plan_cache_mode": "force_generic_plan"},
    "custom": {"plan_cache_mode": "force_custom_plan"},
    "sequential": {"enable_indexscan": "off", "enable_bitmapscan": "off", "enable_indexonlyscan": "off"},
    "parallel": {"debug_parallel_query": "on", "parallel_setup_cost": "0", "parallel_tuple_cost": "0"},
    "nested": {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_material": "off"},
}


class Script:
    """Collects what a migration would run."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def execute(self, sqltext: str) -> None:
        self.lines.append(sqltext)


@pytest_asyncio.fixture(scope="module")
async def dsn(postgres: str, database_name: str) -> AsyncIterator[str]:
    script = Script()
    script.execute(CREATE)
    protect(script, "trial", "note")
    for name in ("thing", "note"):
        allow(script, "trial", name)
    async with fresh_database(postgres, f"{database_name}_statements", [KERNEL]) as found:
        connection = await asyncpg.connect(found)
        await connection.execute(";".join(script.lines))
        await connection.close()
        yield found


@pytest_asyncio.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    found = Database(dsn, pool_size=2)
    yield found
    await found.stop()


async def test_every_type_comes_back_as_it_went_in(database):
    row = {
        "id": ids.new_id("thing"),
        "mood": Mood.CROSS,
        "moods": [Mood.CALM, Mood.CROSS],
        "friend_ids": [ids.new_id("thing"), ids.new_id("thing")],
        "seen_at": datetime(2031, 5, 1, 9, 30, 0, 123456, tzinfo=UTC),
        "facts": {"who": "Zoë", "many": [1, 2.5, None, True], "quote": "\"'$1"},
        "small": -7,
        "large": 2**40,
        "price": Decimal("12.340"),
        "is_kept": False,
        "raw": b"\x00\xff",
        "text": "it's $1 and \\ and ☃",
    }

    async with database.begin() as uow:
        await uow.write(ADD_THING, row)

    found = await database.reader.fetch_one(FIND_THING, {"id": row["id"]})
    assert found._asdict() == row


async def test_what_is_not_known_comes_back_as_none(database):
    row = {column.name: None for column in thing.columns} | {"id": ids.new_id("thing")}

    async with database.begin() as uow:
        await uow.write(ADD_THING, row)

    found = await database.reader.fetch_one(FIND_THING, {"id": row["id"]})
    assert found._asdict() == row


async def write_notes(database: Database, organization_id: str, *texts: str) -> None:
    async with database.begin(organization_id) as uow:
        for text in texts:
            await uow.write(ADD_NOTE, {"organization_id": organization_id, "id": ids.new_id("note"), "text": text})


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
async def test_a_read_sees_its_organization_and_no_other_by_any_plan(dsn, plan):
    # given two organizations, taking turns on one connection
    settings = "".join(
        f"{'&' if '?' in dsn or number else '?'}{name}={value}" for number, (name, value) in enumerate(plan.items())
    )
    database = Database(dsn + settings, pool_size=1)
    ours, theirs = ids.new_id("org"), ids.new_id("org")
    await write_notes(database, ours, "a", "b")
    await write_notes(database, theirs, "c", "d", "e")

    await insist_on(database, plan)
    for _ in range(8):  # from the sixth on PostgreSQL may keep a generic plan
        for organization_id, texts in ((ours, ["a", "b"]), (theirs, ["c", "d", "e"])):
            # when
            listed = await database.reader.fetch_all(LIST_NOTES, {"organization_id": organization_id})
            counted = await database.reader.fetch_one(COUNT_NOTES, {"organization_id": organization_id})
            paired = await database.reader.fetch_all(PAIR_NOTES, {"organization_id": organization_id})

            # then
            assert [row.text for row in listed] == texts
            assert counted is not None
            assert counted.number == len(texts)
            assert sorted(row.text for row in paired) == texts
    await database.stop()


async def insist_on(database: Database, plan: dict[str, str]) -> None:
    connection = await database.pool.acquire()
    for name, value in plan.items():
        assert await connection.raw.fetchval(f"SHOW {name}") == value
    database.pool.release(connection)


async def test_the_organization_of_a_read_is_forgotten_after_it(dsn):
    database = Database(dsn, pool_size=1)
    organization_id = ids.new_id("org")
    await write_notes(database, organization_id, "a")

    await database.reader.fetch_all(LIST_NOTES, {"organization_id": organization_id})

    connection = await database.pool.acquire()
    assert await connection.raw.fetchval("SELECT count(*) FROM trial.note") == 0
    database.pool.release(connection)
    await database.stop()


async def test_a_read_for_no_organization_is_never_sent(database):
    with pytest.raises(MissingOrganization):
        await database.reader.fetch_all(LIST_NOTES, {})


async def test_a_row_of_another_organization_is_not_written(database):
    ours, theirs = ids.new_id("org"), ids.new_id("org")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.begin(ours) as uow:
            await uow.write(ADD_NOTE, {"organization_id": theirs, "id": ids.new_id("note"), "text": "forged"})

    assert await database.reader.fetch_all(LIST_NOTES, {"organization_id": theirs}) == []


async def test_a_change_reaches_the_rows_of_its_organization_only(database):
    ours, theirs = ids.new_id("org"), ids.new_id("org")
    await write_notes(database, ours, "a", "b")
    await write_notes(database, theirs, "c")

    async with database.begin(ours) as uow:
        changed = await uow.execute(CHANGE_NOTES, {"text": "changed"})

    assert changed == 2
    left = await database.reader.fetch_all(LIST_NOTES, {"organization_id": theirs})
    assert [row.text for row in left] == ["c"]
