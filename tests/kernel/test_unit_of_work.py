"""A unit of work: rows, events and deliveries together or not at all, in few round trips."""

import asyncio
import json

import asyncpg
import pytest

from server.kernel.access.caller import MAINTENANCE, Call, Caller, Credential, set_current_call
from server.kernel.database import Consumer, Database
from server.kernel.database.unit_of_work import NotCommitted
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.ids import decode, new_id
from tests.kernel.probe import ADD_NOTE, CHANGE_NOTE, FIND_NOTES, LOCK_NOTE, TAKEN, Note, NoteWritten, TextTaken
from tests.wire import counting


async def texts(database, organization_id):
    rows = await database.reader.fetch_all(FIND_NOTES, {"organization_id": organization_id})
    return [row.text for row in rows]


async def add(database, organization_id, text, refusing=TAKEN):
    """One use case: a note, its event, and a delivery."""
    note = Note.write(organization_id, text)
    async with database.begin(organization_id) as uow:
        await uow.write(ADD_NOTE, note.row(), refusing)
        await uow.publish(note)
        uow.deliver(Message(Queue.JOBS, {"Note": note.id}))
    return note


async def traces(onlooker, note):
    """How many events and deliveries there are of a note."""
    events = await onlooker.fetchval(
        "SELECT count(*) FROM kernel.event WHERE aggregate_id = $1", decode("note", note.id)
    )
    queued = await onlooker.fetchval("SELECT count(*) FROM kernel.delivery WHERE position($1 in message) > 0", note.id)
    return events, queued


async def test_rows_events_and_deliveries_commit_together(database, onlooker):
    organization_id = new_id("org")

    note = await add(database, organization_id, "first")

    assert await texts(database, organization_id) == ["first"]
    assert await traces(onlooker, note) == (1, 1)
    event = await onlooker.fetchrow("SELECT * FROM kernel.event WHERE aggregate_id = $1", decode("note", note.id))
    assert (event["name"], event["version"], event["aggregate_type"]) == ("probe.note_written.v1", 1, "Note")
    assert event["organization_id"] == decode("org", organization_id)
    assert json.loads(event["data"]) == {"note_id": note.id, "organization_id": organization_id, "text": "first"}


async def test_a_use_case_that_only_inserts_is_one_round_trip(probe_dsn):
    async with counting(probe_dsn) as wire:
        database = Database(wire.dsn, pool_size=1)
        await add(database, new_id("org"), "prepares the statement")

        before = wire.round_trips
        await add(database, new_id("org"), "x")

        assert wire.round_trips - before == 1
        await database.stop()


async def test_a_use_case_that_reads_first_is_a_transaction_of_four(probe_dsn):
    async with counting(probe_dsn) as wire:
        database = Database(wire.dsn, pool_size=1)
        costs = []
        for _ in range(2):
            organization_id = new_id("org")
            note = await add(database, organization_id, "x")
            before = wire.round_trips
            async with database.begin(organization_id) as uow:
                await uow.fetch_one(LOCK_NOTE, {"organization_id": organization_id, "id": note.id})
                await uow.write(CHANGE_NOTE, {"organization_id": organization_id, "note_id": note.id, "text": "y"})
                uow.deliver(Message(Queue.JOBS, {}))
            costs.append(wire.round_trips - before)

        assert costs[1] == 4  # BEGIN, the select, all writes, COMMIT
        await database.stop()


async def test_a_use_case_that_does_nothing_costs_nothing(probe_dsn):
    async with counting(probe_dsn) as wire:
        database = Database(wire.dsn, pool_size=1)

        async with database.begin(new_id("org")):
            pass

        assert wire.round_trips == 0


async def test_a_bug_rolls_everything_back(database, onlooker):
    organization_id, note = new_id("org"), None

    with pytest.raises(ZeroDivisionError):
        async with database.begin(organization_id) as uow:
            note = Note.write(organization_id, "x")
            await uow.write(ADD_NOTE, note.row())
            await uow.publish(note)
            uow.deliver(Message(Queue.JOBS, {"Note": note.id}))
            await uow.fetch_all(FIND_NOTES, {"organization_id": organization_id})  # sends them
            raise ZeroDivisionError

    assert await texts(database, organization_id) == []
    assert await traces(onlooker, note) == (0, 0)


async def test_a_cancelled_use_case_rolls_back_and_leaves_no_transaction_open(database, onlooker):
    # given
    organization_id, is_inside = new_id("org"), asyncio.Event()

    async def use_case():
        async with database.begin(organization_id) as uow:
            await uow.write(ADD_NOTE, Note.write(organization_id, "x").row())
            await uow.fetch_all(FIND_NOTES, {"organization_id": organization_id})
            is_inside.set()
            await asyncio.sleep(30)

    task = asyncio.create_task(use_case())
    await is_inside.wait()

    # when
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    # then
    assert await texts(database, organization_id) == []
    open_ones = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in %'"
    assert await onlooker.fetchval(open_ones) == 0


async def test_a_use_case_cancelled_while_a_statement_runs_frees_its_connection(probe_dsn, onlooker):
    # given: somebody holds the row
    database = Database(probe_dsn, pool_size=1)
    organization_id = new_id("org")
    note = await add(database, organization_id, "x")
    parameters = {"organization_id": organization_id, "id": note.id}
    await onlooker.execute("BEGIN")
    await onlooker.execute("SELECT FROM probe.note WHERE id = $1 FOR UPDATE", decode("note", note.id))

    # when
    async def wait_for_it():
        async with database.begin(organization_id) as uow:
            await uow.fetch_one(LOCK_NOTE, parameters)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await wait_for_it()
    await onlooker.execute("ROLLBACK")

    # then
    async with asyncio.timeout(2):
        await wait_for_it()
    await database.stop()


async def test_a_violated_constraint_is_the_refusal_it_was_given(database, onlooker):
    organization_id = new_id("org")
    await add(database, organization_id, "x")
    second = Note.write(organization_id, "x")

    with pytest.raises(TextTaken):
        async with database.begin(organization_id) as uow:
            await uow.publish(second)
            await uow.write(ADD_NOTE, second.row(), TAKEN)

    assert await texts(database, organization_id) == ["x"]
    assert await traces(onlooker, second) == (0, 0)


async def test_a_violated_constraint_that_nobody_named_is_a_bug(database):
    with pytest.raises(asyncpg.CheckViolationError):
        await add(database, new_id("org"), "")


async def test_a_read_sees_the_writes_before_it(database):
    organization_id = new_id("org")

    async with database.begin(organization_id) as uow:
        await uow.write(ADD_NOTE, Note.write(organization_id, "first").row())
        await uow.write(ADD_NOTE, Note.write(organization_id, "second").row())
        seen = await uow.fetch_all(FIND_NOTES, {"organization_id": organization_id})

    assert [row.text for row in seen] == ["first", "second"]


async def test_a_row_may_be_inserted_and_changed_in_one_use_case(database):
    organization_id = new_id("org")
    note = Note.write(organization_id, "first")

    async with database.begin(organization_id) as uow:
        await uow.write(ADD_NOTE, note.row())
        for text in ("second", "third"):
            await uow.write(CHANGE_NOTE, {"organization_id": organization_id, "note_id": note.id, "text": text})

    assert await texts(database, organization_id) == ["third"]


async def test_a_count_of_changed_rows_is_told(database):
    organization_id = new_id("org")
    note = await add(database, organization_id, "x")
    change = {"organization_id": organization_id, "text": "y"}

    async with database.begin(organization_id) as uow:
        changed = await uow.execute(CHANGE_NOTE, change | {"note_id": note.id})
        unchanged = await uow.execute(CHANGE_NOTE, change | {"note_id": new_id("note")})

    assert (changed, unchanged) == (1, 0)


async def test_one_use_case_may_act_in_several_organizations(database):
    first, second = new_id("org"), new_id("org")

    async with database.begin() as uow:
        for organization_id in (first, second):
            await uow.act_within(organization_id)
            await uow.write(ADD_NOTE, Note.write(organization_id, "x").row())

    assert await texts(database, first) == await texts(database, second) == ["x"]


async def test_a_use_case_cannot_write_into_another_organization(database):
    first, second = new_id("org"), new_id("org")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.begin(first) as uow:
            await uow.write(ADD_NOTE, Note.write(second, "x").row())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.begin() as uow:
            await uow.write(ADD_NOTE, Note.write(first, "x").row())

    assert await texts(database, first) == await texts(database, second) == []


async def test_others_react_at_once_in_the_same_transaction_and_in_order(database):
    # given
    organization_id, heard = new_id("org"), []

    async def count(uow, event):
        rows = await uow.fetch_all(FIND_NOTES, {"organization_id": event.organization_id})
        heard.append(("count", len(rows)))

    async def answer(uow, event):
        if event.text == "question":
            reply = Note.write(event.organization_id, "answer")
            await uow.write(ADD_NOTE, reply.row())
            await uow.publish(reply)
        heard.append(("answer", event.text))

    database.reactions = {NoteWritten: [Consumer("tenantry-notes", {NoteWritten: [count, answer]})]}

    # when
    await add(database, organization_id, "question")

    # then
    assert heard == [("count", 1), ("count", 2), ("answer", "answer"), ("answer", "question")]
    assert await texts(database, organization_id) == ["question", "answer"]


async def test_reactions_act_as_the_maintenance_account_and_the_call_goes_on_as_its_maker(database, onlooker):
    # given
    person, acting = new_id("user"), []
    call = Call(Caller(person, Credential.ACCESS_TOKEN), "call-of-a-person")
    set_current_call(call)

    async def react(uow, event):
        acting.append(call.caller.user_id)
        if event.text == "question":
            reply = Note.write(event.organization_id, "answer")
            await uow.write(ADD_NOTE, reply.row())
            await uow.publish(reply)
        if event.text == "failing":
            raise TextTaken

    database.reactions = {NoteWritten: [Consumer("tenantry-notes", {NoteWritten: [react]})]}

    # when
    organization_id = new_id("org")
    await add(database, organization_id, "question")
    with pytest.raises(TextTaken):
        await add(database, organization_id, "failing")

    # then
    assert acting == [MAINTENANCE] * 3
    assert call.caller.user_id == person
    made = await onlooker.fetch(
        "SELECT data ->> 'text' AS text, caller_id FROM kernel.event WHERE organization_id = $1 ORDER BY id",
        decode("org", organization_id),
    )
    assert [(row["text"], row["caller_id"]) for row in made] == [
        ("question", decode("user", person)),
        ("answer", decode("user", MAINTENANCE)),
    ]


async def test_a_reaction_that_fails_undoes_what_it_reacts_to(database, onlooker):
    organization_id = new_id("org")

    async def fail(uow, event):
        raise TextTaken

    database.reactions = {NoteWritten: [Consumer("tenantry-notes", {NoteWritten: [fail]})]}
    with pytest.raises(TextTaken):
        await add(database, organization_id, "x")

    assert await texts(database, organization_id) == []


async def test_notices_are_sent_after_the_commit_and_never_without(database):
    sent: list[str] = []
    database.signals.on("probe", sent.append)
    organization_id = new_id("org")

    async with database.begin(organization_id) as uow:
        uow.notify("probe", "committed")
        assert sent == []
    with pytest.raises(ZeroDivisionError):
        async with database.begin(organization_id) as uow:
            uow.notify("probe", "rolled back")
            raise ZeroDivisionError

    assert sent == ["committed"]


async def test_a_use_case_that_swallows_a_broken_statement_is_not_taken_for_a_success(database):
    """PostgreSQL answers COMMIT of a broken transaction with ROLLBACK, and no error."""
    organization_id = new_id("org")
    sent: list[str] = []
    database.signals.on("probe", sent.append)
    note = await add(database, organization_id, "x")

    async def use_case():
        async with database.begin(organization_id) as uow:
            uow.notify("probe", "committed")
            change = {"organization_id": organization_id, "note_id": note.id}
            await uow.execute(CHANGE_NOTE, change | {"text": "y"})
            try:
                await uow.execute(CHANGE_NOTE, change | {"text": ""})
            except asyncpg.CheckViolationError:
                return

    with pytest.raises(NotCommitted):
        await use_case()

    assert sent == []
    assert await texts(database, organization_id) == ["x"]
