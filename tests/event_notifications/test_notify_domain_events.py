"""NotifyDomainEvents: each event has its effect once in each subscription, in the order of its stream."""

import asyncio
import json
from datetime import UTC, datetime

import grpc
import pytest
from tenantry.event_notifications.v1.event_notifications_service_pb2 import (
    DomainEventNotification,
    NotifyDomainEventsRequest,
)

from server.kernel import ids
from server.kernel.errors import StoreUnavailable
from tests.event_notifications.things import Mood, Thing, ThingHappened, bus_message
from tests.harness import refusal
from tests.messages import DELIVERED, REFUSED, RETRY_LATER, message, outcomes

LISTENER = "tenantry-listener"


@pytest.fixture
def notify(notifications, server):
    async def call(*messages, to=LISTENER):
        named = [DomainEventNotification(subscription_name=to, message=each) for each in messages]
        request = NotifyDomainEventsRequest(notifications=named)
        return (await notifications.NotifyDomainEvents(request, metadata=server.as_service())).results

    return call


@pytest.fixture
def recorded(server):
    async def of(text):
        key = ids.decode("event", json.loads(text)["Event"]["Id"])
        sql = "SELECT subscription, status, attempts, error_reason FROM kernel.notification WHERE event_id = $1"
        return [tuple(row) for row in await server.rows(sql, key)]

    return of


@pytest.fixture
def jobs(server):
    async def found():
        return [json.loads(text)["About"] for text in await server.queued("jobs", "")]

    return found


async def test_an_event_is_handled_as_it_was_published(notify, listener, recorded, jobs):
    thing, organization_id = Thing(), ids.new_id("org")
    text = json.dumps(json.loads(bus_message(thing, "bloom", Version=3)) | {"TenantId": organization_id})

    [result] = await notify(text)

    assert outcomes([result]) == [(DELIVERED, "")]
    assert result.message_id == json.loads(text)["MessageId"]
    [event] = listener.told
    assert (event.name, event.kind, event.version) == (ThingHappened.name, ThingHappened, 3)
    assert (event.aggregate_type, event.aggregate_id, event.stream) == ("Thing", thing.id, thing.stream)
    assert (event.organization_id, event.occurred_at) == (organization_id, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert event.decoded() == ThingHappened(thing_id=thing.id, what="bloom")
    assert await recorded(text) == [(LISTENER, "handled", 1, None)]
    assert await jobs() == ["bloom"]


async def test_a_consumer_acts_as_maintenance_for_the_call_and_the_organization_of_the_event(notify, server):
    organizations = [ids.new_id("org"), "", ids.new_id("org")]
    texts = [
        json.dumps(json.loads(bus_message(Thing(), "x")) | {"TenantId": each, "CallId": f"call-number-{number}"})
        for number, each in enumerate(organizations)
    ]

    await notify(*texts)

    queued = [json.loads(text) for text in await server.queued("jobs", "")]
    assert [each["CallId"] for each in queued] == ["call-number-0", "call-number-1", "call-number-2"]
    assert [each.get("TenantId", "") for each in queued] == organizations
    assert {each["CallerId"] for each in queued} == {"user_00000000000000000000000001"}


async def test_a_repeat_is_acknowledged_without_calling_the_consumer(notify, listener, recorded):
    text = bus_message(Thing())

    results = [*await notify(text, text), *await notify(text)]

    assert outcomes(results) == [(DELIVERED, "")] * 3
    assert listener.heard == ["this"]
    assert await recorded(text) == [(LISTENER, "handled", 1, None)]


async def test_two_workers_that_deliver_the_same_event_at_once_call_the_consumer_once(notify, listener, jobs):
    text, more = bus_message(Thing(), "once"), bus_message(Thing(), "too")
    listener.may_go.clear()

    both = [asyncio.create_task(notify(text, more)), asyncio.create_task(notify(more, text))]
    await asyncio.sleep(0.2)
    listener.may_go.set()

    assert outcomes([result for each in both for result in await each]) == [(DELIVERED, "")] * 4
    assert sorted(await jobs()) == ["once", "too"]
    assert sorted(listener.heard) == ["once", "too"]


async def test_a_failed_event_leaves_its_record_and_nothing_else(notify, listener, recorded, jobs):
    text = bus_message(Thing(), "bad")
    listener.failing["bad"] = ZeroDivisionError("a secret")

    [first], [second] = await notify(text), await notify(text)

    assert outcomes([first, second]) == [(RETRY_LATER, "CONSUMER_FAILED")] * 2
    assert first.description.startswith("incident_")
    assert first.description != second.description
    assert await recorded(text) == [(LISTENER, "failed", 2, "ZeroDivisionError")]
    assert await jobs() == []

    listener.failing.clear()
    assert outcomes(await notify(text)) == [(DELIVERED, "")]
    assert await recorded(text) == [(LISTENER, "handled", 3, None)]


async def test_after_a_failure_later_events_of_the_stream_wait_and_others_go_on(notify, listener, jobs):
    broken, sound = Thing(), Thing()
    listener.failing["two"] = ValueError()
    texts = [
        bus_message(broken, "one", Version=1),
        bus_message(broken, "two", Version=2),
        bus_message(sound, "elsewhere", Version=1),
        bus_message(broken, "three", Version=3),
        bus_message(sound, "elsewhere too", Version=2),
    ]

    results = await notify(*texts)

    assert outcomes(results) == [
        (DELIVERED, ""),
        (RETRY_LATER, "CONSUMER_FAILED"),
        (DELIVERED, ""),
        (RETRY_LATER, "HELD_BY_EARLIER_EVENT"),
        (DELIVERED, ""),
    ]
    assert sorted(await jobs()) == ["elsewhere", "elsewhere too", "one"]


async def test_an_event_is_not_held_by_a_later_one_that_cannot_be_read(notify, listener):
    thing = Thing()
    texts = [
        bus_message(thing, "one", Version=1),
        bus_message(thing, "two", Version=2, Metadata="things.never_heard.v1"),
    ]

    results = await notify(*texts)

    assert outcomes(results) == [(DELIVERED, ""), (REFUSED, "UNKNOWN_EVENT_TYPE")]
    assert listener.heard == ["one"]


@pytest.mark.parametrize(
    "poison",
    [
        {"Data": '{"RootId": "x", "OccurredAt": "2026-01-02T03:04:05Z", "what": "a\\u0000b"}'},
        {"Data": '{"RootId": "x", "OccurredAt": "2026-01-02T03:04:05Z", "what": "\\ud800"}'},
        {"Data": '{"RootId": "x", "OccurredAt": "2026-01-02T03:04:05Z", "what": 123456789012345678901234567890}'},
        {"Data": '{"RootId": "x", "OccurredAt": "2026-01-02T03:04:05Z", "what": ' + "[" * 500 + "]" * 500 + "}"},
        {"Version": 2**70},
    ],
    ids=["null character", "half a character", "huge number", "deep", "huge version"],
)
async def test_an_event_that_cannot_be_remembered_is_refused_and_touches_no_other(notify, listener, poison):
    results = await notify(bus_message(Thing(), "x", **poison), bus_message(Thing(), "sound"))

    assert outcomes(results) == [(REFUSED, "INVALID_BUS_MESSAGE"), (DELIVERED, "")]
    assert listener.heard == ["sound"]


async def test_a_text_that_only_looks_like_a_null_character_is_an_event_like_others(notify, listener):
    assert outcomes(await notify(bus_message(Thing(), "a\\u0000b"))) == [(DELIVERED, "")]
    assert listener.heard == ["a\\u0000b"]


async def test_a_failure_in_one_subscription_holds_nothing_in_another(notifications, server, listener):
    thing = Thing()
    listener.failing["x"] = ValueError()
    text, later = bus_message(thing, "x", Version=1), bus_message(thing, "y", Version=2)
    request = NotifyDomainEventsRequest(
        notifications=[
            DomainEventNotification(subscription_name=name, message=each)
            for each in (text, later)
            for name in (LISTENER, "tenantry-testing")
        ]
    )

    answer = await notifications.NotifyDomainEvents(request, metadata=server.as_service())

    assert outcomes(answer.results) == [
        (RETRY_LATER, "CONSUMER_FAILED"),
        (DELIVERED, ""),
        (RETRY_LATER, "HELD_BY_EARLIER_EVENT"),
        (DELIVERED, ""),
    ]


async def test_a_store_that_is_away_is_no_failure_of_the_consumer(notify, listener, recorded):
    text = bus_message(Thing(), "x")
    listener.failing["x"] = StoreUnavailable()

    assert outcomes(await notify(text)) == [(RETRY_LATER, "STORE_UNAVAILABLE")]
    assert await recorded(text) == []


async def test_names_of_subscriptions_and_members_are_read_in_any_case(notify, listener):
    text = bus_message(Thing(), "x").replace('"Event"', '"event"').replace('"StreamName"', '"streamNAME"')

    assert outcomes(await notify(text, to="Tenantry-LISTENER")) == [(DELIVERED, "")]
    assert listener.heard == ["x"]


async def test_an_event_under_an_older_name_is_made_one_of_today(notify, listener):
    thing = Thing()
    old = {"RootId": thing.id, "OccurredAt": "2020-01-01T00:00:00Z", "thing_id": thing.id, "text": "long ago"}
    text = bus_message(thing, Metadata="things.thing_occurred.v1", EventType="ThingOccurred", Data=json.dumps(old))

    assert outcomes(await notify(text)) == [(DELIVERED, "")]
    [event] = listener.told
    assert (event.name, event.decoded()) == (ThingHappened.name, ThingHappened(thing_id=thing.id, what="long ago"))


async def test_fields_that_this_version_does_not_know_are_tolerated(notify, listener):
    thing = Thing()
    data = {"RootId": thing.id, "OccurredAt": "2026-01-01T00:00:00Z", "thing_id": thing.id, "what": "x", "mood": "bad"}
    text = bus_message(thing, Data=json.dumps(data | {"unheard_of": [1]}), LastPersistedAt="2026-01-01T00:00:00Z")

    assert outcomes(await notify(text)) == [(DELIVERED, "")]
    [event] = listener.told
    assert event.decoded() == ThingHappened(thing_id=thing.id, what="x", mood=Mood.BAD)


async def test_an_event_whose_fields_do_not_fit_fails_in_the_consumer(notify, recorded):
    thing = Thing()
    data = {"RootId": thing.id, "OccurredAt": "2026-01-01T00:00:00Z"}
    text = bus_message(thing, Data=json.dumps(data))

    assert outcomes(await notify(text, to="tenantry-the-things")) == [(RETRY_LATER, "CONSUMER_FAILED")]
    assert await recorded(text) == [("tenantry-the-things", "failed", 1, "ValidationError")]


UNREADABLE = {
    "empty": ("", "INVALID_MESSAGE"),
    "too large": ('{"Filler": "' + "x" * 1024 * 1024 + '"}', "INVALID_MESSAGE"),
    "not JSON": ("{", "INVALID_BUS_MESSAGE"),
    "null": ("null", "INVALID_BUS_MESSAGE"),
    "a list": ("[]", "INVALID_BUS_MESSAGE"),
    "no event": (message(), "INVALID_BUS_MESSAGE"),
    "an event that is null": (message(Event=None), "INVALID_BUS_MESSAGE"),
    "an event that is a text": (message(Event="x"), "INVALID_BUS_MESSAGE"),
    "an id of another kind": (bus_message(Thing(), Id=ids.new_id("car")), "INVALID_BUS_MESSAGE"),
    "data that is no JSON": (bus_message(Thing(), Data="{"), "INVALID_BUS_MESSAGE"),
    "data that is a list": (bus_message(Thing(), Data="[]"), "INVALID_BUS_MESSAGE"),
    "data without a root": (bus_message(Thing(), Data='{"OccurredAt": "2026-01-01T00:00:00Z"}'), "INVALID_BUS_MESSAGE"),
    "data without an instant": (bus_message(Thing(), Data='{"RootId": "thing_1"}'), "INVALID_BUS_MESSAGE"),
    "an instant that is none": (
        bus_message(Thing(), Data='{"RootId": "thing_1", "OccurredAt": "yesterday"}'),
        "INVALID_BUS_MESSAGE",
    ),
    "an instant nobody knows where": (
        bus_message(Thing(), Data='{"RootId": "thing_1", "OccurredAt": "2026-01-01T00:00:00"}'),
        "INVALID_BUS_MESSAGE",
    ),
    "a version that is a text": (bus_message(Thing(), Version="1"), "INVALID_BUS_MESSAGE"),
    "a version that is true": (bus_message(Thing(), Version=True), "INVALID_BUS_MESSAGE"),
    "a version before the first": (bus_message(Thing(), Version=0), "INVALID_BUS_MESSAGE"),
    **{
        f"no {name}": (bus_message(Thing(), **{name: ...}), "INVALID_BUS_MESSAGE")
        for name in ("Id", "RootAggregateType", "EventType", "Data", "Metadata", "StreamName", "Version")
    },
    "a malformed message id": ('{"MessageId": "msg_1"}', "INVALID_MESSAGE_ID"),
    "a malformed organization": (message(TenantId="acme"), "INVALID_TENANT_ID"),
}


@pytest.mark.parametrize(("text", "reason"), UNREADABLE.values(), ids=UNREADABLE)
async def test_what_cannot_be_read_is_refused_and_touches_nothing_else(notify, text, reason, listener, recorded):
    good = bus_message(Thing(), "good")

    results = await notify(text, good)

    assert outcomes(results) == [(REFUSED, reason), (DELIVERED, "")]
    assert listener.heard == ["good"]


async def test_a_message_for_nobody_is_refused(notify):
    text = bus_message(Thing())

    assert outcomes(await notify(text, to="")) == [(REFUSED, "INVALID_SUBSCRIPTION_NAME")]
    assert outcomes(await notify(text, to="tenantry-nobody")) == [(REFUSED, "UNKNOWN_SUBSCRIPTION")]


async def test_a_subscription_that_only_another_version_knows_is_tried_again(notify, server):
    await server.rows("INSERT INTO kernel.subscription (name, created_at) VALUES ('tenantry-newcomer', now())")

    assert outcomes(await notify(bus_message(Thing()), to="Tenantry-Newcomer")) == [
        (RETRY_LATER, "UNKNOWN_SUBSCRIPTION")
    ]

    await server.rows("DELETE FROM kernel.subscription WHERE name = 'tenantry-newcomer'")


async def test_an_event_that_nobody_publishes_is_refused_and_holds_its_stream(notify, listener):
    thing = Thing()
    unknown = bus_message(thing, "x", Metadata="things.thing_vanished.v1")

    results = await notify(unknown, bus_message(thing, "later", Version=2), bus_message(Thing(), "other"))

    assert outcomes(results) == [
        (REFUSED, "UNKNOWN_EVENT_TYPE"),
        (RETRY_LATER, "HELD_BY_EARLIER_EVENT"),
        (DELIVERED, ""),
    ]
    assert listener.heard == ["other"]


@pytest.mark.parametrize("count", [0, 101])
async def test_there_are_1_to_100_messages(notify, count, listener):
    refused = await refusal(notify(*[bus_message(Thing())] * count))

    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.reason == "VALIDATION_FAILED"
    assert refused.violations == {"notifications": "INVALID_MESSAGES"}
    assert listener.told == []


async def test_a_hundred_events_are_handled_in_order_in_one_transaction(notify, listener, server):
    thing = Thing()
    texts = [bus_message(thing, f"n{number}", Version=number + 1) for number in range(100)]

    assert outcomes(await notify(*texts)) == [(DELIVERED, "")] * 100

    assert listener.heard == [f"n{number}" for number in range(100)]
    [row] = await server.rows("SELECT count(DISTINCT xmin::text) AS transactions FROM kernel.notification")
    assert row["transactions"] == 1


async def test_only_service_accounts_may_notify(notifications, member, operator, server):
    request = NotifyDomainEventsRequest(
        notifications=[DomainEventNotification(subscription_name=LISTENER, message=bus_message(Thing()))]
    )
    for metadata, reason in [
        ((), "NOT_AUTHENTICATED"),
        (member.metadata, "ROLE_REQUIRED"),
        (operator.metadata, "ROLE_REQUIRED"),
    ]:
        assert (await refusal(notifications.NotifyDomainEvents(request, metadata=metadata))).reason == reason
