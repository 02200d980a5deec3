"""RedriveDeadLetters and DiscardDeadLetters: operators mend what failed."""

import uuid

import grpc
import pytest
from tenantry.deliveries.v1.types_pb2 import QUEUE_KIND_DOMAIN_EVENTS, QUEUE_KIND_EMAILS
from tenantry.event_notifications.v1.event_notifications_service_pb2 import (
    DeliverAllDomainEventsRequest,
    DiscardDeadLettersRequest,
    ListDeadLettersRequest,
    RedriveDeadLettersRequest,
)

from server.kernel import ids
from tests.event_notifications.letters import audits, write
from tests.event_notifications.things import Thing, publish
from tests.harness import refusal


@pytest.fixture
def redrive(notifications, operator):
    async def of(**request):
        answer = await notifications.RedriveDeadLetters(
            RedriveDeadLettersRequest(**request), metadata=operator.metadata
        )
        return answer.redriven_count

    return of


@pytest.fixture
def discard(notifications, operator):
    async def of(*message_ids, **request):
        answer = await notifications.DiscardDeadLetters(
            DiscardDeadLettersRequest(ids=message_ids, **request), metadata=operator.metadata
        )
        return answer.discarded_count

    return of


@pytest.fixture
def alive(server):
    async def found():
        sql = "SELECT id FROM kernel.delivery WHERE dead_at IS NULL AND queue NOT IN ('audits', 'usages') ORDER BY id"
        return [ids.encode("msg", row["id"]) for row in await server.rows(sql)]

    return found


@pytest.fixture
def dead_event(notifications, server, listener, operator):
    """A stream with a dead event and one behind it; the id of the letter."""

    async def made():
        listener.failing["poison"] = ValueError()
        await publish(server.database, Thing().happens("poison", "after"))
        for _ in range(5):
            await notifications.DeliverAllDomainEvents(DeliverAllDomainEventsRequest())
        found = await notifications.ListDeadLetters(ListDeadLettersRequest(), metadata=operator.metadata)
        listener.forget()
        return found.dead_letters[0].id

    return made


async def test_letters_that_are_named_are_due_now_with_all_their_attempts(redrive, server, operator, alive):
    one, other = await write(server), await write(server, "audits")

    assert await redrive(ids=[one, ids.new_id("msg"), await write(server, dead=False)]) == 1

    [row] = await server.rows(
        "SELECT attempts, reason, due_at <= now() AS is_due FROM kernel.delivery WHERE dead_at IS NULL AND id = $1",
        ids.decode("msg", one),
    )
    assert tuple(row) == (0, None, True)
    assert (
        await server.rows("SELECT 1 FROM kernel.delivery WHERE id = $1 AND dead_at IS NULL", ids.decode("msg", other))
        == []
    )
    assert await audits(server, "Queue.DeadLettersRedriven") == [[operator.user_id, "emails", "1"]]


async def test_all_letters_of_a_queue_are_redriven_and_no_others(redrive, server, alive, operator):
    mine = [await write(server), await write(server)]
    await write(server, "sms")

    assert await redrive(queue=QUEUE_KIND_EMAILS) == 2

    assert await alive() == mine
    assert await audits(server, "Queue.DeadLettersRedriven") == [[operator.user_id, "emails", "2"]]


async def test_a_redriven_event_goes_on_in_order(redrive, dead_event, notifications, listener):
    id = await dead_event()

    assert await redrive(ids=[id]) == 1
    await notifications.DeliverAllDomainEvents(DeliverAllDomainEventsRequest())

    assert listener.heard == ["poison", "after"]


async def test_a_discarded_event_lets_the_next_one_through(
    discard, dead_event, notifications, listener, server, operator
):
    id = await dead_event()

    assert await discard(id, ids.new_id("msg")) == 1
    await notifications.DeliverAllDomainEvents(DeliverAllDomainEventsRequest())

    assert listener.heard == ["after"]
    assert await audits(server, "Queue.DeadLettersDiscarded") == [[operator.user_id, id]]


async def test_a_letter_that_nobody_subscribes_to_any_more_stays_where_operators_see_it(
    redrive, discard, dead_event, server, notifications, operator
):
    letter = await dead_event()
    await server.rows("UPDATE kernel.delivery SET subscription = 'tenantry-gone' WHERE subscription IS NOT NULL")

    assert await redrive(ids=[letter]) == 0
    assert await redrive(queue=QUEUE_KIND_DOMAIN_EVENTS) == 0

    found = await notifications.ListDeadLetters(ListDeadLettersRequest(), metadata=operator.metadata)
    assert letter in [each.id for each in found.dead_letters]
    assert await discard(letter) == 1


async def test_what_is_alive_is_not_discarded(discard, server, alive):
    waiting = await write(server, dead=False)

    assert await discard(waiting) == 0

    assert await alive() == [waiting]


async def test_a_repeat_by_request_id_does_nothing_again(redrive, discard, server):
    request_id = str(uuid.uuid4())
    one = await write(server)

    assert await redrive(ids=[one], request_id=request_id) == 1
    assert await redrive(ids=[one], request_id=request_id) == 1
    assert len(await audits(server, "Queue.DeadLettersRedriven")) == 1


@pytest.mark.parametrize(
    ("request_", "violations"),
    [
        ({}, {"ids": "INVALID_SELECTION"}),
        ({"ids": [ids.new_id("msg")], "queue": QUEUE_KIND_EMAILS}, {"ids": "INVALID_SELECTION"}),
        ({"ids": [ids.new_id("msg")] * 1001}, {"ids": "INVALID_SELECTION"}),
        ({"ids": [ids.new_id("car")]}, {"ids[0]": "INVALID_ID"}),
        ({"queue": 99}, {"queue": "INVALID_QUEUE"}),
    ],
    ids=["neither", "both", "too many", "another kind", "unknown queue"],
)
async def test_either_letters_or_a_queue_are_redriven(redrive, request_, violations, server):
    dead = await write(server)

    refused = await refusal(redrive(**request_))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == violations
    [row] = await server.rows("SELECT id FROM kernel.delivery WHERE dead_at IS NOT NULL")
    assert ids.encode("msg", row["id"]) == dead
    assert await audits(server, "Queue.DeadLettersRedriven") == []


@pytest.mark.parametrize(
    ("count", "id", "violations"),
    [
        (0, "", {"ids": "INVALID_SELECTION"}),
        (1001, ids.new_id("msg"), {"ids": "INVALID_SELECTION"}),
        (1, "nonsense", {"ids[0]": "INVALID_ID"}),
    ],
)
async def test_1_to_1000_letters_are_discarded(discard, count, id, violations):
    refused = await refusal(discard(*[id] * count))

    assert refused.violations == violations


async def test_only_operators_may_mend(notifications, member, server):
    id = await write(server)
    for metadata, reason in [((), "NOT_AUTHENTICATED"), (member.metadata, "ROLE_REQUIRED")]:
        calls = [
            notifications.RedriveDeadLetters(RedriveDeadLettersRequest(ids=[id]), metadata=metadata),
            notifications.DiscardDeadLetters(DiscardDeadLettersRequest(ids=[id]), metadata=metadata),
        ]
        for call in calls:
            assert (await refusal(call)).reason == reason
    assert len(await server.rows("SELECT 1 FROM kernel.delivery WHERE dead_at IS NOT NULL")) == 1
