"""Statements: written once in Core, and every type in use comes back as it went in."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import bindparam, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from server.kernel.database.statements import MissingOrganization, Statements
from server.kernel.database.types import Id, Instant
from server.kernel.ids import new_id
from tests.kernel.probe import ADD_NOTE, ADD_SAMPLE, FIND_NOTES, FIND_SAMPLE, Colour, note, sample

INSTANT = datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
FULL = {
    "raw": UUID(int=2**128 - 1),
    "colour": Colour.GREEN,
    "colours": [Colour.RED, Colour.GREEN, Colour.RED],
    "friends": [new_id("user"), new_id("user")],
    "instants": [INSTANT, datetime(1, 1, 2, tzinfo=UTC)],
    "at": INSTANT,
    "number": -(2**31),
    "large": 2**63 - 1,
    "amount": Decimal("12345678901234567890.123456789"),
    "is_on": True,
    "body": bytes(range(256)),
    "data": {"a": [1, None, "é", {"b": True}], "null": None},
    "texts": ["", "a,b", '"{}\\', "é\n"],
}
EMPTY = {"colours": [], "friends": [], "instants": [], "body": b"", "data": {}, "texts": [], "is_on": False}


async def stored(database, **columns):
    """What comes back of a sample with these columns, in a transaction and outside."""
    row = {column.name: None for column in sample.columns} | {"id": new_id("sample")} | columns
    async with database.begin() as uow:
        await uow.write(ADD_SAMPLE, row)
        within = await uow.fetch_one(FIND_SAMPLE, {"id": row["id"]})
    outside = await database.reader.fetch_one(FIND_SAMPLE, {"id": row["id"]})
    assert within == outside
    assert outside.id == row["id"]
    return outside._asdict()


@pytest.mark.parametrize("columns", [FULL, EMPTY, {}], ids=["full", "empty", "null"])
async def test_every_type_comes_back_as_it_went_in(database, columns):
    expected = {column.name: None for column in sample.columns} | columns

    found = await stored(database, **columns)

    del found["id"], expected["id"]
    assert found == expected


async def test_words_and_ids_come_back_as_what_they_are(database):
    found = await stored(database, **FULL)

    assert isinstance(found["colour"], Colour)
    assert all(isinstance(colour, Colour) for colour in found["colours"])
    assert isinstance(found["amount"], Decimal)


async def test_an_instant_of_another_zone_is_the_same_instant(database):
    found = await stored(database, at=INSTANT.astimezone(timezone(timedelta(hours=13))))

    assert found["at"] == INSTANT
    assert found["at"].utcoffset() == timedelta(0)


async def test_json_may_be_any_value(database):
    for value in ("text", 1, 1.5, True, [], [None], {"": ""}):
        assert (await stored(database, data=value))["data"] == value


@pytest.mark.parametrize("columns", [{"raw": "x"}, {"friends": ["car_1"]}, {"number": 2**31}, {"colour": "mauve"}])
async def test_a_value_that_does_not_fit_never_reaches_the_table(database, columns):
    with pytest.raises(Exception, match=r".+"):
        await stored(database, **columns)


async def test_an_id_of_another_kind_is_a_bug_not_a_row(database):
    with pytest.raises(ValueError, match="not an id of kind sample"):
        await database.reader.fetch_one(FIND_SAMPLE, {"id": new_id("note")})


async def test_lists_of_values_go_in_as_arrays(database):
    first, second, third = [new_id("sample") for _ in range(3)]
    async with database.begin() as uow:
        for id in (first, second, third):
            await uow.write(ADD_SAMPLE, {column.name: None for column in sample.columns} | {"id": id})
    any_of = select(sample.c.id).where(
        sample.c.id == func.any(bindparam("ids", type_=ARRAY(Id("sample")))),
    )

    rows = await database.reader.fetch_all(any_of.order_by(sample.c.id), {"ids": [third, first]})

    assert [row.id for row in rows] == [first, third]


async def test_columns_may_be_worked_out_and_labelled(database):
    query = select(
        literal(1).label("one"),
        literal(None, Instant).label("never"),
        bindparam("when", type_=Instant).label("then"),
        literal("ä").label("class"),
    )

    row = await database.reader.fetch_one(query, {"when": INSTANT})

    assert (row.one, row.never, row.then, row[3]) == (1, None, INSTANT, "ä")


def test_a_statement_is_compiled_once():
    statements = Statements()

    assert statements.of(FIND_NOTES) is statements.of(FIND_NOTES)


async def test_a_missing_parameter_is_said_before_anything_runs(database):
    with pytest.raises(KeyError, match="id"):
        await database.reader.fetch_one(FIND_SAMPLE, {})


@pytest.mark.parametrize("parameters", [{}, {"organization_id": None}, {"organization_id": ""}])
async def test_rows_of_organizations_are_read_for_one_of_them(database, parameters):
    query = select(note.c.id).where(true())

    with pytest.raises(MissingOrganization):
        await database.reader.fetch_all(query, parameters)


def test_a_subquery_over_rows_of_organizations_counts_as_well():
    nested = select(select(func.count()).select_from(note).scalar_subquery().label("count"))
    joined = select(sample.c.id).join(note, note.c.text == sample.c.colour)
    either = select(note.c.id).union_all(select(note.c.id))

    statements = Statements()

    assert all(statements.of(query).is_tenant for query in (nested, joined, either, ADD_NOTE))
    assert not statements.of(FIND_SAMPLE).is_tenant


async def test_the_organization_of_a_read_is_the_only_one_seen(database):
    first, second = new_id("org"), new_id("org")
    for organization_id in (first, second):
        async with database.begin(organization_id) as uow:
            row = {"organization_id": organization_id, "id": new_id("note"), "text": "x", "version": 1}
            await uow.write(ADD_NOTE, row)
    everything = select(note)
    counted = select(func.count().label("all")).select_from(note)

    rows = await database.reader.fetch_all(everything, {"organization_id": first})
    one = await database.reader.fetch_one(counted, {"organization_id": second})

    assert [row.organization_id for row in rows] == [first]
    assert one.all == 1


async def test_an_upsert_over_rows_of_organizations_obeys_row_security_too(database):
    # given
    organization_id, note_id = new_id("org"), new_id("note")
    new = upsert(note)
    save = new.values({column.name: bindparam(column.name) for column in note.columns}).on_conflict_do_update(
        index_elements=[note.c.organization_id, note.c.id], set_={"text": new.excluded.text}
    )

    # when
    for words in ("first", "second"):
        row = {"organization_id": organization_id, "id": note_id, "text": words, "version": 1}
        async with database.begin(organization_id) as uow:
            await uow.write(save, row)

    # then
    found = await database.reader.fetch_all(FIND_NOTES, {"organization_id": organization_id})
    assert [(row.id, row.text) for row in found] == [(note_id, "second")]
