"""The bus from end to end: what is published reaches every subscription, once, in order, and DeliverAllDomainEvents."""

import json

import pytest
from tenantry.event_notifications.v1.event_notifications_service_pb2 import (
    DeliverAllDomainEventsRequest,
    ListEventNotificationsRequest,
)

from server.kernel.bus.consumers import BusConsumer
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.ids import new_id
from tests.event_notifications.things import Thing, ThingHappened, publish


@pytest.fixture
def drain(notifications):
    async def drained():
        answer = await notifications.DeliverAllDomainEvents(DeliverAllDomainEventsRequest())
        return answer.delivered_count, answer.failed_count

    return drained


@pytest.fixture
def pending(server):
    async def found():
        sql = "SELECT subscription, attempts, dead_at FROM kernel.delivery WHERE event_id IS NOT NULL"
        return [(row["subscription"], row["attempts"], row["dead_at"] is not None) for row in await server.rows(sql)]

    return found


async def test_an_empty_bus_is_drained_at_once(drain):
    assert await drain() == (0, 0)


async def test_each_event_reaches_each_subscription_once_and_in_order(drain, server, listener, notifications, pending):
    one, other = Thing().happens("a", "b", "c"), Thing().happens("x").ends()
    await publish(server.database, one, other)

    assert await drain() == (10, 0)

    assert [event.data.get("what") for event in listener.told if event.aggregate_id == one.id] == ["a", "b", "c"]
    assert [event.version for event in listener.told if event.aggregate_id == other.id] == [1, 2]
    assert await pending() == []
    assert await drain() == (0, 0)
    listed = await notifications.ListEventNotifications(
        ListEventNotificationsRequest(subscription_name="tenantry-testing")
    )
    assert listed.total_size == 5


async def test_what_was_rolled_back_reaches_nobody(drain, server, listener):
    with pytest.raises(ZeroDivisionError):
        async with server.database.begin() as uow:
            await uow.publish(Thing().happens("never"))
            raise ZeroDivisionError

    assert await drain() == (0, 0)
    assert listener.told == []


async def test_an_event_says_where_and_by_whose_call_it_happened(drain, server, listener):
    thing, organization_id = Thing().happens("here"), new_id("org")

    await publish(server.database, thing, organization_id=organization_id)
    await drain()

    [event] = listener.told
    assert (event.organization_id, event.aggregate_id, event.stream) == (organization_id, thing.id, thing.stream)
    [job] = [json.loads(text) for text in await server.queued("jobs", '"here"')]
    assert job["TenantId"] == organization_id


async def test_a_failing_event_holds_its_stream_in_its_subscription_and_nothing_else(drain, server, listener, pending):
    broken, sound = Thing().happens("bad", "after"), Thing().happens("good")
    await publish(server.database, broken, sound)
    listener.failing["bad"] = ValueError()

    assert await drain() == (4, 1)

    assert sorted(set(listener.heard)) == ["bad", "good"]
    assert sorted(await pending()) == [("tenantry-listener", 0, False), ("tenantry-listener", 1, False)]
    listener.forget()
    assert await drain() == (2, 0)
    assert listener.heard == ["bad", "after"]


async def test_a_dead_event_holds_its_stream_until_somebody_decides(drain, server, listener, pending):
    thing = Thing().happens("poison", "after")
    await publish(server.database, thing)
    listener.failing["poison"] = ValueError()
    for _ in range(5):
        await drain()
    assert sorted(await pending()) == [("tenantry-listener", 0, False), ("tenantry-listener", 5, True)]
    listener.forget()

    assert await drain() == (0, 0)
    assert listener.told == []


async def test_what_handling_publishes_is_delivered_too_in_at_most_four_rounds(drain, server, listener):
    async def publish_another(uow, event):
        await uow.publish(Thing().happens(f"{event.data['what']}+"))

    listener.also = publish_another
    await publish(server.database, Thing().happens("0"))

    assert await drain() == (8, 0)  # four events, two subscriptions

    assert await drain() == (8, 0)


async def test_subscriptions_take_their_turns_in_the_order_of_registration(drain, server, listener):
    order: list[str] = []
    await publish(server.database, Thing().happens("1"), Thing().happens("2"))
    engine = server.app.engine
    claim = engine.claim_untried

    async def watched(queue, size, lease, untried):
        claimed = await claim(queue, size, lease, untried)
        order.extend(each.subscription for each in claimed)
        return claimed

    engine.claim_untried = watched
    try:
        await drain()
    finally:
        del engine.claim_untried
    assert order == ["tenantry-testing"] * 2 + ["tenantry-listener"] * 2


async def test_a_reaction_runs_in_the_transaction_and_leaves_its_record(server, reactor, notifications):
    await publish(server.database, Thing().happens("now"))

    assert reactor.heard == ["now"]
    listed = await notifications.ListEventNotifications(
        ListEventNotificationsRequest(subscription_name="tenantry-the-things")
    )
    [each] = listed.notifications
    assert (each.event_type, each.attempts, each.HasField("handled_at")) == ("ThingHappened", 1, True)


async def test_a_reaction_that_fails_fails_the_use_case_with_its_own_error(server, reactor, drain):
    reactor.failing["no"] = LookupError("its own")

    with pytest.raises(LookupError, match="its own"):
        await publish(server.database, Thing().happens("no"))

    assert await drain() == (0, 0)
    assert await server.rows("SELECT 1 FROM kernel.notification") == []


async def test_a_message_of_another_queue_is_left_alone(drain, server):
    async with server.database.begin() as uow:
        uow.deliver(Message(Queue.JOBS, {"About": "something else"}))

    assert await drain() == (0, 0)
    assert len(await server.queued("jobs", "something else")) == 1


async def test_names_of_subscriptions_are_those_of_the_specification(server):
    names = server.app.platform.bus.names
    assert list(names) == ["tenantry-the-things", "tenantry-integration", "tenantry-testing", "tenantry-listener"]


def test_a_consumer_of_classes_is_told_of_their_older_names_too():
    consumer = BusConsumer(name="x", handlers={ThingHappened: []})
    assert consumer.event_names == ["things.thing_happened.v2", "things.thing_occurred.v1"]
