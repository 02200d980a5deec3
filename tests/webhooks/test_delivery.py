"""An event on its way: from whoever publishes it to the customer's own server."""

import json
from datetime import UTC, datetime

from tenantry.webhooks.v1.webhook_pb2 import WEBHOOK_FAILURE_UNSPECIFIED

from server.kernel.ids import is_id


async def test_an_event_arrives_signed_and_says_what_happened(customer, receiver, server):
    # given
    endpoint = await customer.listens(receiver.url("/hooks?key=1"))
    thing = customer.thing()

    # when
    [event_id] = await thing.move(server, "the attic, übers Dach")
    assert await customer.drain() == (1, 0)

    # then
    [call] = receiver.calls
    assert call.target == "/hooks?key=1"
    assert call.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert call.headers["content-type"] == "application/json"
    assert call.event_id == event_id
    body = call.verified_by(endpoint.signing_secret)
    occurred_at = datetime.fromisoformat(body.pop("timestamp"))
    assert abs((datetime.now(UTC) - occurred_at).total_seconds()) < 10
    assert body == {
        "type": "things.thing_moved.v1",
        "data": {
            "thing_id": thing.id,
            "organization_id": customer.organization_id,
            "place": "the attic, übers Dach",
        },
        "id": event_id,
        "organization_id": customer.organization_id,
        "subject_id": thing.id,
        "version": 1,
    }


async def test_what_was_sent_is_in_the_list_of_attempts(customer, receiver, server):
    endpoint = await customer.listens(receiver.url())
    [event_id] = await customer.thing().move(server, "here")

    await customer.drain()

    [attempt] = await customer.attempts(endpoint.id)
    assert is_id("attempt", attempt.id)
    assert (attempt.endpoint_id, attempt.event_id) == (endpoint.id, event_id)
    assert attempt.event_type == "things.thing_moved.v1"
    assert (attempt.is_delivered, attempt.http_status, attempt.failure) == (True, 204, WEBHOOK_FAILURE_UNSPECIFIED)
    assert 0 <= attempt.duration_milliseconds < 10_000
    assert (await customer.endpoint(endpoint.id)).HasField("last_delivered_at")


async def test_an_event_goes_to_every_endpoint_that_listens_to_it(customer, receiver, server):
    await customer.listens(receiver.url("/all"))
    await customer.listens(receiver.url("/one"), "things.thing_moved.v1")
    await customer.listens(receiver.url("/kind"), "things.*", "webhooks.endpoint_deleted.v1")
    await customer.listens(receiver.url("/other"), "webhooks.*")
    await customer.drain()
    receiver.calls.clear()

    await customer.thing().move(server, "here")
    assert await customer.drain() == (3, 0)

    assert sorted(call.target for call in receiver.calls) == ["/all", "/kind", "/one"]


async def test_what_is_not_public_is_told_to_nobody(customer, receiver, server):
    await customer.listens(receiver.url())

    await customer.thing().whisper(server, "hush")

    assert await customer.drain() == (0, 0)
    assert receiver.calls == []


async def test_an_organization_hears_of_its_own_events_only(customer, receiver, server, cast):
    await customer.listens(receiver.url())
    other = customer.thing()
    other.organization_id = "org_00000000000000000000000009"

    await other.move(server, "elsewhere")

    assert await customer.drain() == (0, 0)


async def test_events_of_organizations_that_do_not_listen_never_leave_the_log(customer, receiver, server):
    endpoint = await customer.listens(receiver.url())
    await customer.update(endpoint.id, is_enabled=False)

    await customer.thing().move(server, "here")

    assert await server.rows("SELECT 1 FROM kernel.delivery WHERE subscription = 'tenantry-webhooks'") == []
    assert await customer.waiting() == []


async def test_events_about_one_thing_arrive_in_their_order_and_others_do_not_wait(customer, receiver, server):
    # given
    await customer.listens(receiver.url())
    stuck, free = customer.thing(), customer.thing()
    waiting = await stuck.move(server, "a", "b", "c")
    receiver.refused.add(waiting[0])
    assert await customer.drain() == (0, 1)

    # when
    [passing] = await free.move(server, "x")
    assert await customer.drain() == (1, 1)

    # then
    assert sorted(receiver.event_ids) == sorted([waiting[0], waiting[0], passing])
    receiver.refused.clear()
    assert await customer.drain() == (3, 0)
    assert receiver.event_ids[3:] == waiting


async def test_an_endpoint_is_not_told_of_itself(customer, receiver):
    endpoint = await customer.listens(receiver.url())
    await customer.update(endpoint.id, description="mine")

    assert await customer.drain() == (0, 0)


async def test_the_message_in_the_queue_holds_no_secret_and_no_address(customer, receiver, server):
    endpoint = await customer.listens(receiver.url("/path-with-a-key"))

    await customer.test(endpoint.id)

    [row] = await customer.waiting()
    assert json.loads(row["message"])["EndpointId"] == endpoint.id
    assert "path-with-a-key" not in row["message"]
    assert endpoint.signing_secret not in row["message"]
