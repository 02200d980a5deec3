"""DeliverWebhooks: endpoints are called, and what they answer decides what happens next."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from tenantry.webhooks.v1.webhook_pb2 import (
    WEBHOOK_DISABLED_REASON_FAILING,
    WEBHOOK_DISABLED_REASON_GONE,
    WEBHOOK_FAILURE_CONNECTION,
    WEBHOOK_FAILURE_STATUS,
    WEBHOOK_FAILURE_TIMED_OUT,
)
from tenantry.webhooks.v1.webhooks_service_pb2 import DeliverWebhooksRequest

from server.kernel.ids import new_id
from tests.cast import Cast
from tests.harness import refusal
from tests.messages import DELIVERED, REFUSED, RETRY_LATER, UNREADABLE, message
from tests.webhooks.customer import new_customer
from tests.webhooks.receiver import receiving

FAILED, PUT_OFF = (RETRY_LATER, "WEBHOOK_FAILED"), (RETRY_LATER, "WEBHOOK_PUT_OFF")


def webhook(customer, endpoint_id, message_id=None, /, **changes):
    """A queued webhook."""
    members = {
        "TenantId": customer.organization_id,
        "EndpointId": endpoint_id,
        "EventId": new_id("event"),
        "EventType": "things.thing_moved.v1",
        "OccurredAt": datetime.now(UTC).isoformat(),
        "SubjectId": new_id("thing"),
        "Version": 1,
        "Data": json.dumps({"place": "here"}),
    }
    return message(message_id, **(members | changes))


@pytest.mark.parametrize("answer", ["200 OK", "201 Created", "202 Accepted", "204 No Content", "299 Fine"])
async def test_any_answer_of_2xx_is_a_delivery(customer, receiver, answer):
    endpoint = await customer.listens(receiver.url())
    receiver.answer = answer

    assert await customer.deliver(webhook(customer, endpoint.id)) == [(DELIVERED, "")]


@pytest.mark.parametrize("answer", ["400 Bad", "401 No", "404 Not Found", "429 Slow", "500 Oops", "503 Busy"])
async def test_any_other_answer_is_tried_again(customer, receiver, answer):
    endpoint = await customer.listens(receiver.url())
    receiver.answer = answer

    assert await customer.deliver(webhook(customer, endpoint.id)) == [FAILED]

    [attempt] = await customer.attempts(endpoint.id)
    assert (attempt.is_delivered, attempt.http_status) == (False, int(answer[:3]))
    assert attempt.failure == WEBHOOK_FAILURE_STATUS
    assert (await customer.endpoint(endpoint.id)).HasField("failing_since_at")


async def test_a_redirect_is_not_followed(customer, receiver):
    async with receiving() as elsewhere:
        endpoint = await customer.listens(receiver.url())
        receiver.answer = f"307 Temporary Redirect\r\nlocation: {elsewhere.url()}"

        assert await customer.deliver(webhook(customer, endpoint.id)) == [FAILED]

    assert elsewhere.calls == []


async def test_no_cookie_of_an_answer_comes_back(customer, receiver):
    endpoint = await customer.listens(receiver.url())
    receiver.answer = "200 OK\r\nset-cookie: who=you; path=/"

    await customer.deliver(webhook(customer, endpoint.id))
    await customer.deliver(webhook(customer, endpoint.id))

    assert ["cookie" in call.headers for call in receiver.calls] == [False, False]
    assert receiver.connections == 2


async def test_a_connection_that_breaks_is_tried_again_after_a_rest(customer, receiver):
    endpoint = await customer.listens(receiver.url())
    receiver.drops = True

    assert await customer.deliver(webhook(customer, endpoint.id)) == [FAILED]
    receiver.drops = False
    assert await customer.deliver(webhook(customer, endpoint.id)) == [PUT_OFF]
    customer.server.clock.advance(timedelta(seconds=31))
    assert await customer.deliver(webhook(customer, endpoint.id)) == [(DELIVERED, "")]

    latest, first = await customer.attempts(endpoint.id)
    assert first.failure == WEBHOOK_FAILURE_CONNECTION
    assert not first.HasField("http_status")
    assert latest.is_delivered
    assert not (await customer.endpoint(endpoint.id)).HasField("failing_since_at")


async def test_nobody_at_the_address_is_tried_again(customer):
    async with receiving() as receiver:
        endpoint = await customer.listens(receiver.url())

    assert await customer.deliver(webhook(customer, endpoint.id)) == [FAILED]

    [attempt] = await customer.attempts(endpoint.id)
    assert attempt.failure == WEBHOOK_FAILURE_CONNECTION


async def test_a_slow_endpoint_is_cut_off_and_rests_and_others_do_not_wait_for_it(serve, receiver):
    # given
    async with serve(webhook_timeout_seconds=0.5) as quick, receiving(waits=5) as slow:
        customer = await new_customer(quick, Cast(quick))
        stuck, free = await customer.listens(slow.url()), await customer.listens(receiver.url())
        texts = [webhook(customer, stuck.id) for _ in range(30)] + [webhook(customer, free.id) for _ in range(20)]

        # when
        began = time.monotonic()
        results = await customer.deliver(*texts)
        took = time.monotonic() - began

        # then
        assert took < 4
        assert results[30:] == [(DELIVERED, "")] * 20
        assert results[:30].count(FAILED) == 5
        assert results[:30].count(PUT_OFF) == 25
        assert len(slow.calls) == 5
        assert {attempt.failure for attempt in await customer.attempts(stuck.id)} == {WEBHOOK_FAILURE_TIMED_OUT}


async def test_at_most_five_calls_are_at_one_endpoint_at_once(customer, receiver):
    endpoint = await customer.listens(receiver.url())
    receiver.waits = 0.05

    assert await customer.deliver(*(webhook(customer, endpoint.id) for _ in range(20))) == [(DELIVERED, "")] * 20

    assert receiver.most_at_once == 5


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_an_endpoint_says_how_long_it_wants_to_be_left_alone(customer, receiver, server, status, form):
    # given
    endpoint = await customer.listens(receiver.url())
    await customer.test(endpoint.id)
    date = (datetime.now(UTC) + timedelta(hours=2)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    receiver.answers.append(f"{status}\r\nretry-after: {date if form == 'date' else 7200}")

    # when
    assert await customer.drain() == (0, 1)

    # then
    [row] = await customer.waiting()
    assert row["attempts"] == 1
    assert timedelta(minutes=119) < row["due_at"] - server.clock() <= timedelta(hours=2)
    assert await customer.deliver(webhook(customer, endpoint.id)) == [PUT_OFF]


async def test_what_is_put_off_is_no_attempt(customer, receiver):
    # given
    endpoint = await customer.listens(receiver.url())
    receiver.drops = True
    await customer.deliver(webhook(customer, endpoint.id))
    await customer.test(endpoint.id)

    # when
    for _ in range(10):
        assert await customer.drain() == (0, 1)

    # then
    [row] = await customer.waiting()
    assert (row["attempts"], row["dead_at"], row["reason"]) == (0, None, "WEBHOOK_PUT_OFF")
    assert len(receiver.calls) == 1


async def test_an_absurd_retry_after_is_a_day_at_most_and_nonsense_is_ignored(customer, receiver, server):
    for answer, least, most in (("9" * 400, 23, 24), ("soon", 0, 0.1), ("-5", 0, 0.1)):
        endpoint = await customer.listens(receiver.url())
        await customer.test(endpoint.id)
        receiver.answers.append(f"429 Slow\r\nretry-after: {answer}")
        await customer.drain()

        wait = next(row["due_at"] for row in await customer.waiting() if endpoint.id in row["lane"]) - server.clock()
        assert timedelta(hours=least) <= wait <= timedelta(hours=most)
        await customer.delete(endpoint.id)


async def test_an_endpoint_that_is_gone_for_good_is_disabled(customer, receiver, server):
    # given
    endpoint = await customer.listens(receiver.url())
    receiver.answer = "410 Gone"
    await customer.thing().move(server, "a", "b")

    # when
    assert await customer.drain() == (1, 0)

    # then
    found = await customer.endpoint(endpoint.id)
    assert (found.is_enabled, found.disabled_reason) == (False, WEBHOOK_DISABLED_REASON_GONE)
    assert await customer.waiting() == []
    assert (await server.events(endpoint.id))[-1] == "webhooks.endpoint_disabled.v1"
    [audit] = await server.queued("audits", "WebhookEndpoint.Disabled")
    assert json.loads(audit)["Arguments"] == [endpoint.id, "gone"]
    assert json.loads(audit)["TenantId"] == customer.organization_id


async def test_five_days_of_failing_disable_an_endpoint(customer, receiver, server):
    # given
    endpoint = await customer.listens(receiver.url())
    receiver.answer = "500 Oops"
    assert await customer.deliver(webhook(customer, endpoint.id)) == [FAILED]

    # when
    server.clock.advance(timedelta(days=5) - timedelta(minutes=1))
    assert await customer.deliver(webhook(customer, endpoint.id)) == [FAILED]
    server.clock.advance(timedelta(minutes=2))
    assert await customer.deliver(webhook(customer, endpoint.id)) == [(DELIVERED, "")]

    # then
    found = await customer.endpoint(endpoint.id)
    assert (found.is_enabled, found.disabled_reason) == (False, WEBHOOK_DISABLED_REASON_FAILING)


async def test_one_success_starts_the_five_days_anew(customer, receiver, server):
    endpoint = await customer.listens(receiver.url())
    for answer in ("500 Oops", "200 OK", "500 Oops"):
        receiver.answers.append(answer)
        await customer.deliver(webhook(customer, endpoint.id))
        server.clock.advance(timedelta(days=4))

    assert await customer.deliver(webhook(customer, endpoint.id)) == [(DELIVERED, "")]
    assert (await customer.endpoint(endpoint.id)).is_enabled


async def test_what_is_for_an_endpoint_that_is_disabled_or_deleted_counts_as_delivered(customer, receiver):
    endpoint = await customer.listens(receiver.url())
    await customer.update(endpoint.id, is_enabled=False)

    results = await customer.deliver(webhook(customer, endpoint.id), webhook(customer, new_id("endpoint")))

    assert results == [(DELIVERED, "")] * 2
    assert receiver.calls == []


async def test_an_endpoint_that_is_deleted_during_a_call_leaves_no_trace(customer, receiver, server):
    endpoint = await customer.listens(receiver.url())
    receiver.waits = 0.3

    calling = asyncio.create_task(customer.deliver(webhook(customer, endpoint.id)))
    while not receiver.calls:
        await asyncio.sleep(0.01)
    await customer.delete(endpoint.id)

    assert await calling == [(DELIVERED, "")]
    assert await server.rows("SELECT * FROM webhooks.attempt WHERE event_type = $1", endpoint.id) == []


async def test_an_endpoint_of_another_organization_is_not_called(customer, receiver, cast):
    endpoint = await customer.listens(receiver.url())

    text = webhook(customer, endpoint.id, TenantId=new_id("org"))

    assert await customer.deliver(text) == [(DELIVERED, "")]
    assert receiver.calls == []


@pytest.mark.parametrize("name", UNREADABLE)
async def test_what_cannot_be_read_is_refused(customer, name):
    text, reason = UNREADABLE[name]

    assert await customer.deliver(text) == [(REFUSED, reason)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"MessageId": None}, "INVALID_MESSAGE_ID"),
        ({"TenantId": None}, "INVALID_TENANT_ID"),
        ({"EndpointId": None}, "INVALID_QUEUED_MESSAGE"),
        ({"EndpointId": new_id("car")}, "INVALID_QUEUED_MESSAGE"),
        ({"EventId": "event"}, "INVALID_QUEUED_MESSAGE"),
        ({"EventType": ""}, "INVALID_QUEUED_MESSAGE"),
        ({"OccurredAt": None}, "INVALID_QUEUED_MESSAGE"),
        ({"SubjectId": None}, "INVALID_QUEUED_MESSAGE"),
        ({"Version": "1"}, "INVALID_QUEUED_MESSAGE"),
        ({"Version": True}, "INVALID_QUEUED_MESSAGE"),
        ({"Data": "[]"}, "INVALID_QUEUED_MESSAGE"),
        ({"Data": "{"}, "INVALID_QUEUED_MESSAGE"),
    ],
)
async def test_a_message_without_what_it_needs_is_refused(customer, receiver, changes, reason):
    endpoint = await customer.listens(receiver.url())

    assert await customer.deliver(webhook(customer, endpoint.id, **changes)) == [(REFUSED, reason)]
    assert receiver.calls == []


async def test_only_service_accounts_may_deliver(webhooks_service, customer, server):
    request = DeliverWebhooksRequest(messages=["{}"])

    nobody = await refusal(webhooks_service.DeliverWebhooks(request))
    owner = await refusal(webhooks_service.DeliverWebhooks(request, metadata=customer.metadata))
    empty = await refusal(webhooks_service.DeliverWebhooks(DeliverWebhooksRequest(), metadata=server.as_service()))

    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert (owner.code, owner.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
    assert (empty.code, empty.violations) == (grpc.StatusCode.INVALID_ARGUMENT, {"messages": "INVALID_MESSAGES"})
