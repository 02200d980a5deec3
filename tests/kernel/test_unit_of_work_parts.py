"""Parts of a unit of work: done at once, and undone by themselves unless they are to be kept."""

import pytest

from server.kernel.database import Database
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.ids import new_id
from tests.kernel.probe import ADD_NOTE, TAKEN, Note, TextTaken
from tests.kernel.test_unit_of_work import texts, traces
from tests.wire import counting


async def write(uow, organization_id, text):
    note = Note.write(organization_id, text)
    await uow.write(ADD_NOTE, note.row(), TAKEN)
    await uow.publish(note)
    uow.deliver(Message(Queue.JOBS, {"Note": note.id}))
    return note


async def test_what_is_undone_leaves_nothing_and_what_surrounds_it_stays(database, onlooker):
    organization_id = new_id("org")

    async with database.begin(organization_id) as uow:
        before = await write(uow, organization_id, "before")
        async with uow.part(is_kept=False):
            undone = await write(uow, organization_id, "undone")
        after = await write(uow, organization_id, "after")

    assert sorted(await texts(database, organization_id)) == ["after", "before"]
    assert [await traces(onlooker, note) for note in (before, undone, after)] == [(1, 1), (0, 0), (1, 1)]


async def test_what_is_kept_stays_and_is_of_the_same_transaction(database, onlooker):
    organization_id = new_id("org")

    async with database.begin(organization_id) as uow:
        async with uow.part(is_kept=True):
            kept = await write(uow, organization_id, "kept")
        after = await write(uow, organization_id, "after")

    assert [await traces(onlooker, note) for note in (kept, after)] == [(1, 1), (1, 1)]
    sql = "SELECT count(DISTINCT xmin::text) FROM kernel.delivery WHERE message LIKE ANY ($1)"
    assert await onlooker.fetchval(sql, [f"%{note.id}%" for note in (kept, after)]) == 1


async def test_parts_may_lie_in_parts(database):
    organization_id = new_id("org")

    async with database.begin(organization_id) as uow:
        async with uow.part(is_kept=False):
            await write(uow, organization_id, "outer")
            async with uow.part(is_kept=False):
                await write(uow, organization_id, "inner")
            async with uow.part(is_kept=True):
                await write(uow, organization_id, "kept within what is undone")
        async with uow.part(is_kept=True):
            await write(uow, organization_id, "kept")

    assert await texts(database, organization_id) == ["kept"]


async def test_both_kinds_cost_the_same_round_trips(probe_dsn):
    async with counting(probe_dsn) as wire:
        database = Database(wire.dsn, pool_size=1)
        costs = []
        for is_kept in (True, False, True, False):
            organization_id, before = new_id("org"), wire.round_trips
            async with database.begin(organization_id) as uow, uow.part(is_kept=is_kept):
                await write(uow, organization_id, "x")
            costs.append(wire.round_trips - before)

        assert costs[2] == costs[3] == 5  # BEGIN, the part's begin, its writes, its end, COMMIT
        await database.stop()


async def test_after_an_undone_part_the_use_case_is_in_its_organization_again(database):
    first, second = new_id("org"), new_id("org")

    async with database.begin(first) as uow:
        async with uow.part(is_kept=False):
            await uow.act_within(second)
            await write(uow, second, "undone")
        await write(uow, first, "kept")

    assert (await texts(database, first), await texts(database, second)) == (["kept"], [])


async def test_a_refusal_in_a_part_undoes_everything(database):
    organization_id = new_id("org")
    async with database.begin(organization_id) as uow:
        await write(uow, organization_id, "taken")

    with pytest.raises(TextTaken):
        async with database.begin(organization_id) as uow:
            await write(uow, organization_id, "before")
            async with uow.part(is_kept=False):
                await write(uow, organization_id, "taken")

    assert await texts(database, organization_id) == ["taken"]
