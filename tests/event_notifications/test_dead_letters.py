"""ListDeadLetters and GetDeadLetter: operators see what failed and why, and never what it says."""

import grpc
import pytest
from tenantry.deliveries.v1.types_pb2 import QUEUE_KIND_AUDITS, QUEUE_KIND_DOMAIN_EVENTS, QUEUE_KIND_EMAILS
from tenantry.event_notifications.v1.event_notifications_service_pb2 import (
    DeliverAllDomainEventsRequest,
    GetDeadLetterRequest,
    ListDeadLettersRequest,
)

from server.kernel import ids
from tests.event_notifications.letters import write
from tests.event_notifications.things import Thing, publish
from tests.harness import refusal


@pytest.fixture
def listed(notifications, operator):
    async def of(**request):
        return await notifications.ListDeadLetters(ListDeadLettersRequest(**request), metadata=operator.metadata)

    return of


@pytest.fixture
def inspect(notifications, operator):
    async def of(id):
        return await notifications.GetDeadLetter(GetDeadLetterRequest(id=id), metadata=operator.metadata)

    return of


@pytest.fixture
def poison(notifications, server, listener):
    """A stream whose second event is dead, with two more behind it."""

    async def made():
        thing, organization_id = Thing().happens("fine", "poison", "after", "and after"), ids.new_id("org")
        listener.failing["poison"] = ValueError("hush")
        await publish(server.database, thing, organization_id=organization_id)
        for _ in range(5):
            await notifications.DeliverAllDomainEvents(DeliverAllDomainEventsRequest())
        return thing, organization_id

    return made


async def test_a_dead_letter_says_what_happened_and_never_what_is_in_it(listed, inspect, server):
    organization_id = ids.new_id("org")
    id = await write(server, organization_id=organization_id)
    await write(server, dead=False)

    answer = await listed()

    [letter] = answer.dead_letters
    assert (letter.id, letter.queue, letter.organization_id) == (id, QUEUE_KIND_EMAILS, organization_id)
    assert (letter.attempts, letter.reason, letter.description) == (5, "EMAIL_GATEWAY_FAILED", "nobody answers")
    assert letter.queued_at.seconds < letter.dead_at.seconds
    assert (letter.subscription_name, letter.stream_name, letter.event_type, letter.held_count) == ("", "", "", 0)
    inspected = await inspect(id)
    assert inspected.dead_letter == letter
    assert (inspected.origin.call_id, inspected.origin.caller_id) == (
        "call-of-a-test",
        "user_00000000000000000000000001",
    )
    assert "hush" not in str(answer) + str(inspected)


async def test_a_dead_event_says_its_subscription_its_stream_and_what_it_holds_up(listed, inspect, poison):
    thing, organization_id = await poison()

    [letter] = (await listed(queue=QUEUE_KIND_DOMAIN_EVENTS)).dead_letters

    assert (letter.subscription_name, letter.stream_name) == ("tenantry-listener", thing.stream)
    assert (letter.event_type, letter.organization_id, letter.held_count) == ("ThingHappened", organization_id, 2)
    assert letter.reason == "CONSUMER_FAILED"
    assert letter.description.startswith("incident_")
    origin = (await inspect(letter.id)).origin
    assert (origin.event_name, origin.version, len(origin.held_ids)) == ("things.thing_happened.v2", 2, 2)
    assert ids.is_id("event", origin.event_id)
    assert origin.caller_id


async def test_filters_are_exact(listed, server, poison):
    _, organization_id = await poison()
    await write(server, "audits", reason="AUDIT_MISSING_CODE")
    await write(server, "emails", organization_id=organization_id)

    async def count(**request):
        return (await listed(**request)).total_size

    assert await count() == 3
    assert await count(queue=QUEUE_KIND_AUDITS) == 1
    assert await count(organization_id=organization_id) == 2
    assert await count(organization_id=ids.new_id("org")) == 0
    assert await count(reason="AUDIT_MISSING_CODE") == 1
    assert await count(reason="AUDIT_MISSING") == 0
    assert await count(subscription_name="tenantry-LISTENER") == 1
    assert await count(subscription_name="tenantry-testing") == 0


async def test_those_that_died_first_come_first_page_by_page(listed, server):
    ages = [3, 1, 2]
    by_age = {age: await write(server, age=age) for age in ages}

    first = await listed(page_size=2)
    rest = await listed(page_size=2, page_token=first.next_page_token)

    found = [letter.id for letter in [*first.dead_letters, *rest.dead_letters]]
    assert found == [by_age[3], by_age[2], by_age[1]]
    assert rest.next_page_token == ""
    latest = await listed(order_by="queued_at desc")
    assert [letter.id for letter in latest.dead_letters] == [by_age[1], by_age[2], by_age[3]]


async def test_a_letter_that_cannot_be_read_is_inspected_too(inspect, server):
    id = await write(server, message="{")

    origin = (await inspect(id)).origin

    assert not origin.HasField("caller_id")
    assert not origin.HasField("call_id")


async def test_what_is_not_dead_is_not_found(inspect, server):
    for id in (await write(server, dead=False), ids.new_id("msg")):
        refused = await refusal(inspect(id))
        assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "DEAD_LETTER_NOT_FOUND")


@pytest.mark.parametrize(
    ("request_", "violations"),
    [
        ({"organization_id": "acme"}, {"organization_id": "INVALID_ID"}),
        ({"queue": 99}, {"queue": "INVALID_QUEUE"}),
        ({"reason": "why not"}, {"reason": "INVALID_REASON"}),
        ({"subscription_name": "a b"}, {"subscription_name": "INVALID_SUBSCRIPTION_NAME"}),
        ({"order_by": "reason"}, {"order_by": "INVALID_ORDER_BY"}),
    ],
)
async def test_what_is_wrong_is_said(listed, request_, violations):
    refused = await refusal(listed(**request_))

    assert (refused.reason, refused.violations) == ("VALIDATION_FAILED", violations)


async def test_only_operators_may_look(notifications, member, server):
    id = await write(server)
    for metadata, reason in [((), "NOT_AUTHENTICATED"), (member.metadata, "ROLE_REQUIRED")]:
        refused = await refusal(notifications.ListDeadLetters(ListDeadLettersRequest(), metadata=metadata))
        assert refused.reason == reason
        refused = await refusal(notifications.GetDeadLetter(GetDeadLetterRequest(id=id), metadata=metadata))
        assert refused.reason == reason
