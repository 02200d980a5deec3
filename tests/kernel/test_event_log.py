"""The log holds each event as it was published, however many go in at once."""

import json

import pytest

from server.kernel.access.caller import Call, Caller, Credential, set_current_call
from server.kernel.ids import decode, new_id
from tests.kernel.probe import Note, NoteWritten

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
FIND = """
SELECT aggregate_type, aggregate_prefix, aggregate_id, version, name, organization_id, occurred_at, data, call_id,
    caller_id, traceparent
FROM kernel.event WHERE call_id = $1 ORDER BY id
"""


@pytest.mark.parametrize(("notes", "events"), [(1, 1), (1, 2), (1, 8), (1, 9), (2, 1), (2, 4), (3, 5)])
async def test_events_stand_in_the_log_as_they_were_published(database, onlooker, notes, events):
    # given
    organization_id, caller_id, call_id = new_id("org"), new_id("user"), new_id("call")
    call = Call(Caller(caller_id, Credential.ACCESS_TOKEN), call_id, metadata={"traceparent": TRACEPARENT})
    written = [Note(id=new_id("note"), organization_id=organization_id, text="x", version=5) for _ in range(notes)]
    texts = {note.id: [f"{number} of {note.id}" for number in range(events)] for note in written}
    set_current_call(call)

    # when
    async with database.begin(organization_id) as uow:
        for note in written:
            note.events = [
                NoteWritten(note_id=note.id, organization_id=organization_id, text=text) for text in texts[note.id]
            ]
            await uow.publish(note)

    # then
    found = await onlooker.fetch(FIND, call_id)
    assert [(row["aggregate_id"], row["version"], json.loads(row["data"])["text"]) for row in found] == [
        (decode("note", note.id), 6 + number, text) for note in written for number, text in enumerate(texts[note.id])
    ]
    assert {tuple(row)[:2] for row in found} == {("Note", "note")}
    assert {row["name"] for row in found} == {NoteWritten.name}
    assert {row["organization_id"] for row in found} == {decode("org", organization_id)}
    assert {row["caller_id"] for row in found} == {decode("user", caller_id)}
    assert {row["traceparent"] for row in found} == {TRACEPARENT}
    assert len({row["occurred_at"] for row in found}) <= notes
