"""ListEventNotifications: what has become of every event, in every subscription."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tenantry.event_notifications.v1.event_notification_pb2 import (
    EVENT_NOTIFICATION_STATUS_FAILED,
    EVENT_NOTIFICATION_STATUS_HANDLED,
)
from tenantry.event_notifications.v1.event_notifications_service_pb2 import (
    DeliverAllDomainEventsRequest,
    DomainEventNotification,
    ListEventNotificationsRequest,
    NotifyDomainEventsRequest,
)

from server.kernel import ids
from tests.event_notifications.things import Mood, Thing, bus_message, publish
from tests.harness import refusal


@pytest.fixture
def listed(notifications):
    async def of(**request):
        return await notifications.ListEventNotifications(ListEventNotificationsRequest(**request))

    return of


@pytest.fixture
def drain(notifications):
    async def drained():
        await notifications.DeliverAllDomainEvents(DeliverAllDomainEventsRequest())

    return drained


async def test_a_notification_says_everything_about_its_event(listed, drain, server):
    thing = Thing().happens("bloom", mood=Mood.GOOD, at=datetime(2026, 1, 1, tzinfo=UTC))
    await publish(server.database, thing)
    await drain()

    [found] = (await listed(subscription_name="tenantry-listener")).notifications

    assert ids.is_id("event", found.id)
    assert (found.subscriber_ref, found.root_aggregate_type) == ("tenantry-listener", "Thing")
    assert (found.event_type, found.metadata_fully_qualified_name) == ("ThingHappened", "things.thing_happened.v2")
    assert (found.stream_name, found.version) == (thing.stream, 1)
    data = json.loads(found.data)
    assert data.pop("OccurredAt")
    assert data == {
        "RootId": thing.id,
        "thing_id": thing.id,
        "what": "bloom",
        "mood": "good",
        "at": "2026-01-01T00:00:00+00:00",
    }
    assert (found.status, found.attempts, found.HasField("error_reason")) == (
        EVENT_NOTIFICATION_STATUS_HANDLED,
        1,
        False,
    )
    assert found.created_at.ToDatetime() <= found.handled_at.ToDatetime()


async def test_filters_are_exact_and_go_together(listed, drain, server, listener):
    one, other = Thing().happens("bad"), Thing().happens("good").ends()
    listener.failing["bad"] = ValueError()
    await publish(server.database, one, other)
    await drain()

    async def count(**request):
        return (await listed(**request)).total_size

    assert await count() == 8  # three events on the bus twice, and two reactions
    assert await count(subscription_name="TENANTRY-Listener") == 3
    assert await count(event_type="ThingEnded") == 2
    assert await count(event_type="Thing") == 0
    assert await count(stream_name=one.stream) == 3
    assert await count(stream_name="Thing_nonsense") == 0
    assert await count(status=EVENT_NOTIFICATION_STATUS_FAILED) == 1
    assert await count(stream_name=one.stream, status=EVENT_NOTIFICATION_STATUS_HANDLED) == 2
    [failed] = (await listed(status=EVENT_NOTIFICATION_STATUS_FAILED)).notifications
    assert (failed.error_reason, failed.HasField("handled_at")) == ("ValueError", False)


async def test_the_oldest_comes_first_page_by_page(listed, drain, server):
    await publish(server.database, Thing().happens(*"abcde"))
    await drain()

    whole = (await listed()).notifications
    found, token = [], ""
    while True:
        page = await listed(page_size=4, page_token=token)
        assert page.total_size == 15
        found += page.notifications
        token = page.next_page_token
        if not token:
            break

    assert list(found) == list(whole)
    assert [each.created_at.ToDatetime() for each in found] == sorted(each.created_at.ToDatetime() for each in found)
    latest = (await listed(order_by="created_at desc")).notifications
    assert list(latest) == list(reversed(whole))


async def test_events_of_another_server_are_listed_as_they_came(listed, notifications, server):
    thing = Thing()
    text = bus_message(thing, "from afar", Version=7)
    request = NotifyDomainEventsRequest(
        notifications=[DomainEventNotification(subscription_name="tenantry-listener", message=text)]
    )
    await notifications.NotifyDomainEvents(request, metadata=server.as_service())

    [found] = (await listed(stream_name=thing.stream)).notifications

    assert (found.version, found.event_type, json.loads(found.data)["what"]) == (7, "ThingHappened", "from afar")
    assert json.loads(found.data)["RootId"] == thing.id


@pytest.mark.parametrize(
    ("request_", "violations"),
    [
        ({"subscription_name": "a b"}, {"subscription_name": "INVALID_SUBSCRIPTION_NAME"}),
        ({"event_type": "x.y"}, {"event_type": "INVALID_EVENT_TYPE"}),
        ({"stream_name": "%"}, {"stream_name": "INVALID_STREAM_NAME"}),
        ({"status": 9}, {"status": "INVALID_STATUS"}),
        ({"order_by": "version"}, {"order_by": "INVALID_ORDER_BY"}),
        ({"page_token": "x"}, {"page_token": "INVALID_PAGE_TOKEN"}),
    ],
)
async def test_what_is_wrong_is_said(listed, request_, violations):
    refused = await refusal(listed(**request_))

    assert (refused.reason, refused.violations) == ("VALIDATION_FAILED", violations)


async def test_notifications_are_forgotten_after_thirty_days(listed, drain, server):
    now = datetime.now(UTC)
    server.clock.stop_at(now - timedelta(days=31))
    await publish(server.database, Thing().happens("old"))
    await drain()
    server.clock.stop_at(now - timedelta(days=29))
    await publish(server.database, Thing().happens("young"))
    await drain()
    server.clock.stop_at(now)
    [housekeeping] = [work for each in server.app.subdomains for work in each.housekeeping]

    await housekeeping()

    left = [json.loads(each.data)["what"] for each in (await listed()).notifications]
    assert left == ["young"] * 3
