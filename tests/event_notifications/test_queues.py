"""ListQueues, PauseQueue and ResumeQueue: operators see how queues stand, and let them stand still."""

from datetime import UTC, datetime, timedelta

import pytest
from tenantry.deliveries.v1.types_pb2 import QUEUE_KIND_DOMAIN_EVENTS, QUEUE_KIND_EMAILS, QueueKind
from tenantry.event_notifications.v1.event_notifications_service_pb2 import (
    DeliverAllDomainEventsRequest,
    ListQueuesRequest,
    PauseQueueRequest,
    ResumeQueueRequest,
)

from server.kernel import ids
from tests.event_notifications.letters import audits, write
from tests.event_notifications.things import Thing, publish
from tests.harness import refusal


@pytest.fixture
def queues(notifications, operator):
    async def listed():
        answer = await notifications.ListQueues(ListQueuesRequest(), metadata=operator.metadata)
        return {each.queue: each for each in answer.queues}

    return listed


@pytest.fixture
def pause(notifications, operator):
    async def of(queue):
        return (await notifications.PauseQueue(PauseQueueRequest(queue=queue), metadata=operator.metadata)).queue

    return of


@pytest.fixture
def resume(notifications, operator):
    async def of(queue):
        return (await notifications.ResumeQueue(ResumeQueueRequest(queue=queue), metadata=operator.metadata)).queue

    return of


async def test_every_queue_says_how_it_stands(queues, server):
    oldest = await write(server, dead=False, age=10)
    await write(server, dead=False, leased_until=datetime.now(UTC) + timedelta(minutes=1))
    await write(server)
    await server.rows(
        "UPDATE kernel.delivery SET due_at = now() + interval '1 hour' WHERE id = $1", ids.decode("msg", oldest)
    )
    await write(server, dead=False)

    found = await queues()

    assert sorted(found) == sorted(set(QueueKind.values()) - {0})
    emails = found[QUEUE_KIND_EMAILS]
    assert (emails.pending_count, emails.due_count, emails.leased_count, emails.dead_count) == (3, 1, 1, 1)
    assert emails.oldest_queued_at.ToDatetime(UTC) < datetime.now(UTC) - timedelta(minutes=65)
    assert not emails.HasField("paused_at")
    empty = found[QUEUE_KIND_DOMAIN_EVENTS]
    assert (empty.pending_count, empty.dead_count, empty.HasField("oldest_queued_at")) == (0, 0, False)


async def test_a_paused_queue_stands_still_until_it_is_resumed(
    pause, resume, queues, notifications, server, listener, operator
):
    state = await pause(QUEUE_KIND_DOMAIN_EVENTS)
    assert (state.queue, state.paused_by_id) == (QUEUE_KIND_DOMAIN_EVENTS, operator.user_id)
    await publish(server.database, Thing().happens("meanwhile"))

    await notifications.DeliverAllDomainEvents(DeliverAllDomainEventsRequest())
    assert listener.heard == []
    assert (await queues())[QUEUE_KIND_DOMAIN_EVENTS].pending_count == 2

    state = await resume(QUEUE_KIND_DOMAIN_EVENTS)
    assert not state.HasField("paused_at")
    await notifications.DeliverAllDomainEvents(DeliverAllDomainEventsRequest())
    assert listener.heard == ["meanwhile"]


async def test_pausing_and_resuming_are_audited_when_they_change_something(pause, resume, server, operator):
    for _ in range(2):
        await pause(QUEUE_KIND_EMAILS)
    for _ in range(2):
        await resume(QUEUE_KIND_EMAILS)

    assert await audits(server, "Queue.Paused") == [[operator.user_id, "emails"]]
    assert await audits(server, "Queue.Resumed") == [[operator.user_id, "emails"]]


@pytest.mark.parametrize("queue", [0, 99])
async def test_a_queue_must_be_named(pause, resume, queue):
    for call in (pause, resume):
        assert (await refusal(call(queue))).violations == {"queue": "INVALID_QUEUE"}


async def test_only_operators_may_do_so(notifications, member, server):
    for metadata, reason in [((), "NOT_AUTHENTICATED"), (member.metadata, "ROLE_REQUIRED")]:
        calls = [
            notifications.ListQueues(ListQueuesRequest(), metadata=metadata),
            notifications.PauseQueue(PauseQueueRequest(queue=QUEUE_KIND_EMAILS), metadata=metadata),
            notifications.ResumeQueue(ResumeQueueRequest(queue=QUEUE_KIND_EMAILS), metadata=metadata),
        ]
        for call in calls:
            assert (await refusal(call)).reason == reason
    assert await server.rows("SELECT 1 FROM kernel.paused_queue") == []
