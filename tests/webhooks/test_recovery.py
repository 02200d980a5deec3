"""What becomes of an event that does not arrive: it is tried for a day, is dead, and lives again."""

from datetime import timedelta

from tenantry.deliveries.v1.types_pb2 import QUEUE_KIND_WEBHOOKS
from tenantry.event_notifications.v1.event_notifications_service_pb2 import (
    ListDeadLettersRequest,
    RedriveDeadLettersRequest,
)
from tenantry.event_notifications.v1.event_notifications_service_pb2_grpc import EventNotificationsServiceStub

from server.kernel.access.caller import service_call, set_current_call

_WAITS = [60, 240, 960, 3840, 15_360, 28_800, 28_800]  # seconds, between eight attempts


async def test_an_event_is_tried_eight_times_over_almost_a_day_and_then_is_dead(customer, receiver, server):
    # given
    await customer.listens(receiver.url())
    [event_id] = await customer.thing().move(server, "here")
    receiver.refused.add(event_id)

    # when
    for seconds in _WAITS:
        await customer.drain()
        [row] = await customer.waiting()
        assert row["dead_at"] is None
        wait = (row["due_at"] - server.clock()).total_seconds()
        assert 0.79 * seconds <= wait <= 1.21 * seconds
        server.clock.stop_at(row["due_at"])
    await customer.drain()

    # then
    [row] = await customer.waiting()
    assert (row["attempts"], row["reason"]) == (8, "WEBHOOK_FAILED")
    assert row["description"] == "The endpoint answered 500."
    assert row["dead_at"] is not None
    assert await customer.drain() == (0, 0)


async def test_an_endpoint_that_is_well_again_gets_what_was_given_up_in_its_order(customer, receiver, server):
    # given: an outage in which everything died
    await customer.listens(receiver.url())
    missed = await customer.thing().move(server, "a", "b")
    receiver.answer = "500 Oops"
    await _die(customer, server)

    # when
    receiver.answer = "200 OK"
    receiver.calls.clear()
    server.clock.advance(timedelta(hours=1))
    [event_id] = await customer.thing().move(server, "x")
    assert await customer.drain() == (3, 0)

    # then
    assert receiver.event_ids == [event_id, *missed]
    assert await customer.waiting() == []


async def test_one_event_that_is_never_taken_neither_revives_nor_holds_up_others(customer, receiver, server):
    # given
    await customer.listens(receiver.url())
    [poison] = await customer.thing().move(server, "a")
    receiver.refused.add(poison)
    await _die(customer, server, lively=True)

    # when
    await customer.thing().move(server, "x")
    await customer.drain()

    # then
    [row] = await customer.waiting()
    assert row["dead_at"] is not None


async def test_operators_see_and_redrive_dead_events(customer, receiver, server, operator):
    # given
    endpoint = await customer.listens(receiver.url())
    [event_id, _] = await customer.thing().move(server, "here", "there")
    receiver.refused.add(event_id)
    await _die(customer, server)
    operations = EventNotificationsServiceStub(server.channel)
    as_operator = server.as_user(operator.user_id, operator.session_id)

    # when
    request = ListDeadLettersRequest(queue=QUEUE_KIND_WEBHOOKS, organization_id=customer.organization_id)
    [dead] = (await operations.ListDeadLetters(request, metadata=as_operator)).dead_letters
    receiver.refused.clear()
    await operations.RedriveDeadLetters(RedriveDeadLettersRequest(ids=[dead.id]), metadata=as_operator)
    await customer.drain()

    # then
    assert (dead.queue, dead.reason, dead.held_count) == (QUEUE_KIND_WEBHOOKS, "WEBHOOK_FAILED", 1)
    assert receiver.event_ids[-2] == event_id
    assert (await customer.attempts(endpoint.id))[0].is_delivered


async def _die(customer, server, *, lively=False):
    """Let everything that waits fail until it is dead; others may succeed in between."""
    set_current_call(service_call("call-of-a-test"))
    for _ in range(8):
        if lively:
            await customer.thing().move(server, "in between")
        await customer.drain()
        server.clock.advance(timedelta(hours=2))
