"""What outside parties report is processed once, whole or not at all, and a nonce is good once."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.kernel.access import caller
from server.kernel.access.caller import NOBODY, WEBHOOK, Call, current_call
from server.kernel.errors import FailedPrecondition
from server.kernel.ids import decode, new_id
from server.kernel.webhooks import Nonce, WebhookNotification, WebhookReplayed, Webhooks
from tests.harness import SettableClock
from tests.kernel.probe import ADD_NOTE, Note

_ODD = {"text": "nul \x00, half a pair \ud800, Grüße", "number": 1.5, "list": [None, True]}


class Refused(FailedPrecondition):
    reason = "REFUSED"


class Receiver:
    """Processes an event by writing a note of its organization; as often as it is asked to."""

    def __init__(self):
        self.organization_id = new_id("org")
        self.fails = False
        self.callers = []

    async def __call__(self, uow):
        await uow.act_within(self.organization_id)
        note = Note.write(self.organization_id, new_id("text"))
        await uow.write(ADD_NOTE, note.row())
        self.callers.append(current_call().caller)
        await asyncio.sleep(0.05)
        if self.fails:
            raise Refused


@pytest.fixture
def clock():
    return SettableClock()


@pytest.fixture
def webhooks(database, clock):
    given = caller._call.set(Call(NOBODY, "call-of-a-test"))
    yield Webhooks(database.begin, clock, new_id)
    caller._call.reset(given)


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
def stored(onlooker):
    async def find(event_id):
        sql = "SELECT id, event_type, body, status, settled_at FROM kernel.webhook_notification WHERE event_id = $1"
        return [dict(row) for row in await onlooker.fetch(sql, event_id)]

    return find


@pytest.fixture
def notes(onlooker, receiver):
    async def count():
        sql = "SELECT count(*) FROM probe.note WHERE organization_id = $1"
        return await onlooker.fetchval(sql, decode("org", receiver.organization_id))

    return count


def notification(event_id=None, **changes):
    given: dict[str, Any] = {
        "source": "tests",
        "event_id": event_id or new_id("event"),
        "event_type": "done",
        "body": {"a": 1},
    }
    return WebhookNotification(**given | changes)


def nonce(value=None, **changes):
    given: dict[str, Any] = {
        "source": "tests",
        "value": value or new_id("nonce"),
        "expires_at": datetime.now(UTC) + timedelta(hours=1),
    }
    return Nonce(**given | changes)


async def test_an_event_is_processed_as_the_webhook_account_and_kept_in_full(webhooks, receiver, stored, notes):
    reported = notification(body=_ODD)

    await webhooks.process(reported, receiver)

    [row] = await stored(reported.event_id)
    assert (row["status"], row["event_type"], row["settled_at"] is not None) == ("processed", "done", True)
    assert json.loads(row["body"]) == _ODD
    assert await notes() == 1
    assert [(each.user_id, each.is_service) for each in receiver.callers] == [(WEBHOOK, True)]


async def test_an_event_that_comes_again_changes_nothing(webhooks, receiver, stored, notes):
    reported = notification()
    await webhooks.process(reported, receiver)
    before = await stored(reported.event_id)

    await webhooks.process(notification(reported.event_id, event_type="other", body=[]), receiver)

    assert await stored(reported.event_id) == before
    assert await notes() == 1


async def test_an_event_that_comes_several_times_at_once_is_processed_once(webhooks, receiver, stored, notes):
    reported = notification()

    await asyncio.gather(*(webhooks.process(reported, receiver, nonce=nonce()) for _ in range(4)))

    assert len(await stored(reported.event_id)) == 1
    assert await notes() == 1


async def test_the_same_id_of_another_source_is_another_event(webhooks, receiver, stored, notes):
    reported = notification()
    await webhooks.process(reported, receiver)

    await webhooks.process(notification(reported.event_id, source="others"), receiver)

    assert len(await stored(reported.event_id)) == 2
    assert await notes() == 2


async def test_what_fails_leaves_nothing_but_its_mark_and_is_processed_when_it_comes_again(
    webhooks, receiver, stored, notes
):
    # given
    reported, once = notification(), nonce()
    receiver.fails = True

    # when
    for _ in range(2):
        with pytest.raises(Refused):
            await webhooks.process(reported, receiver, nonce=once)

    # then
    [row] = await stored(reported.event_id)
    assert (row["status"], await notes()) == ("failed", 0)

    # and when it comes again, with the nonce that was not used up
    receiver.fails = False
    await webhooks.process(reported, receiver, nonce=once)

    # then
    [row] = await stored(reported.event_id)
    assert (row["status"], await notes()) == ("processed", 1)


async def test_a_nonce_is_good_once(webhooks, receiver, stored, notes):
    once, another = nonce(), notification()
    await webhooks.process(notification(), receiver, nonce=once)

    with pytest.raises(WebhookReplayed):
        await webhooks.process(another, receiver, nonce=once)
    with pytest.raises(WebhookReplayed):
        await webhooks.ignore(once)

    assert await stored(another.event_id) == []
    assert await notes() == 1


async def test_a_nonce_that_comes_several_times_at_once_is_good_once(webhooks, receiver, notes):
    once = nonce()

    results = await asyncio.gather(
        *(webhooks.process(notification(), receiver, nonce=once) for _ in range(4)), return_exceptions=True
    )

    assert sorted(type(result).__name__ for result in results) == ["NoneType", *["WebhookReplayed"] * 3]
    assert await notes() == 1


async def test_the_nonce_of_a_report_that_says_nothing_is_used_up_too(webhooks, receiver):
    once = nonce()
    await webhooks.ignore(once)

    with pytest.raises(WebhookReplayed):
        await webhooks.process(notification(), receiver, nonce=once)

    await webhooks.ignore(nonce(once.value, source="others"))


async def test_a_nonce_is_forgotten_once_it_has_expired(webhooks, clock):
    now = datetime.now(UTC)
    short, long = nonce(expires_at=now + timedelta(minutes=5)), nonce(expires_at=now + timedelta(minutes=7))
    await webhooks.ignore(short)
    await webhooks.ignore(long)

    clock.stop_at(now + timedelta(minutes=6))

    assert await webhooks.forget_expired() >= 1
    await webhooks.ignore(short)
    with pytest.raises(WebhookReplayed):
        await webhooks.ignore(long)
