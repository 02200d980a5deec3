"""DeliverAudits: queued audits are stored for good."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import grpc
import pytest
from tenantry.audits.v1.audits_service_pb2 import DeliverAuditsRequest, ListAuditsRequest
from tenantry.audits.v1.audits_service_pb2_grpc import AuditsServiceStub

from server.kernel import ids
from server.subdomains.ancillary.audits.wiring import audits
from tests.harness import refusal, running
from tests.messages import DELIVERED, REFUSED, RETRY_LATER, UNREADABLE, message, outcomes
from tests.wire import counting


@pytest.fixture
def deliver(audits_service, server):
    async def call(*messages):
        answer = await audits_service.DeliverAudits(
            DeliverAuditsRequest(messages=messages), metadata=server.as_service()
        )
        return answer.results

    return call


@pytest.fixture
def stored(audits_service):
    async def of(organization_id):
        return list((await audits_service.ListAudits(ListAuditsRequest(organization_id=organization_id))).audits)

    return of


async def test_an_audit_is_stored_as_it_was_queued(deliver, stored, server):
    # given
    organization_id, message_id = ids.new_id("org"), ids.new_id("msg")
    text = message(
        message_id,
        TenantId=organization_id,
        OriginHostRegion="elsewhere",
        AgainstId="user_1",
        AuditCode="Authentication.Passed",
        MessageTemplate="{Name} signed in from {Place}",
        Arguments=["Ada", "Île"],
    )

    # when
    [result] = await deliver(text)

    # then
    assert outcomes([result]) == [(DELIVERED, "")]
    assert result.message_id == message_id
    [audit] = await stored(organization_id)
    assert audit.id == ids.with_prefix("audit", message_id)
    assert audit.against_id == "user_1"
    assert audit.audit_code == "Authentication.Passed"
    assert audit.message_template == "{Name} signed in from {Place}"
    assert list(audit.template_arguments) == ["Ada", "Île"]
    assert audit.host_region == "test"
    assert await server.events(audit.id) == ["audits.audit_created.v1"]


async def test_it_bears_the_time_in_its_message_id(deliver, stored):
    organization_id = ids.new_id("org")
    yesterday = (datetime.now(UTC) - timedelta(days=1)).replace(microsecond=0)
    key = UUID(int=int(yesterday.timestamp() * 1000) << 80 | ids.uuid7().int & (1 << 80) - 1)

    await deliver(message(ids.encode("msg", key), TenantId=organization_id, AuditCode="Old"))

    [audit] = await stored(organization_id)
    assert audit.created_at.ToDatetime(UTC) == yesterday


@pytest.mark.parametrize("message_id", ["msg_7zzzzzzzzzzzzzzzzzzzzzzzzz", "msg_00000000000000000000000009", ""])
async def test_an_id_without_a_believable_time_means_now(deliver, stored, message_id):
    organization_id = ids.new_id("org")
    before = datetime.now(UTC)

    await deliver(json.dumps({"MessageId": message_id, "TenantId": organization_id, "AuditCode": "Timeless"}))

    [audit] = await stored(organization_id)
    assert before <= audit.created_at.ToDatetime(UTC) <= datetime.now(UTC)


async def test_names_are_read_in_any_case_and_unknown_ones_ignored(deliver, stored):
    organization_id = ids.new_id("org")

    results = await deliver(json.dumps({"tenantid": organization_id, "AUDITCODE": "Any", "Unknown": {"a": [1]}}))

    assert outcomes(results) == [(DELIVERED, "")]
    assert [audit.audit_code for audit in await stored(organization_id)] == ["Any"]


async def test_what_is_null_is_absent(deliver, stored):
    organization_id = ids.new_id("org")
    text = message(
        TenantId=organization_id, AuditCode="Bare", AgainstId=None, MessageTemplate=None, Arguments=None, Sensitive=None
    )

    results = await deliver(text)

    assert outcomes(results) == [(DELIVERED, "")]
    [audit] = await stored(organization_id)
    assert not audit.HasField("against_id")
    assert (audit.message_template, list(audit.template_arguments)) == ("", [])


async def test_a_long_against_id_is_cut(deliver, stored):
    organization_id = ids.new_id("org")

    await deliver(message(TenantId=organization_id, AuditCode="Long", AgainstId="é" * 101))

    [audit] = await stored(organization_id)
    assert audit.against_id == "é" * 100


@pytest.mark.parametrize("code", [None, "", "  "])
async def test_an_audit_without_a_code_is_refused(deliver, code):
    assert outcomes(await deliver(message(AuditCode=code))) == [(REFUSED, "AUDIT_MISSING_CODE")]


@pytest.mark.parametrize(
    "members",
    [{"AuditCode": 1}, {"AgainstId": []}, {"MessageTemplate": {}}, {"Arguments": "one"}, {"Arguments": ["one", 2]}],
)
async def test_a_member_of_the_wrong_type_is_refused(deliver, members):
    results = await deliver(message(**{"AuditCode": "Code"} | members))

    assert outcomes(results) == [(REFUSED, "INVALID_QUEUED_MESSAGE")]


@pytest.mark.parametrize("case", UNREADABLE)
async def test_what_cannot_be_read_is_refused(deliver, case):
    text, reason = UNREADABLE[case]

    assert outcomes(await deliver(text)) == [(REFUSED, reason)]


async def test_the_good_messages_of_a_batch_are_stored_whatever_the_others(deliver, stored):
    organization_id = ids.new_id("org")
    good = [message(TenantId=organization_id, AuditCode=f"Good{number}") for number in range(3)]

    results = await deliver(good[0], "{", good[1], message(AuditCode=""), message(AuditCode="\0"), good[2])

    assert outcomes(results) == [
        (DELIVERED, ""),
        (REFUSED, "INVALID_QUEUED_MESSAGE"),
        (DELIVERED, ""),
        (REFUSED, "AUDIT_MISSING_CODE"),
        (REFUSED, "INVALID_QUEUED_MESSAGE"),
        (DELIVERED, ""),
    ]
    assert [audit.audit_code for audit in await stored(organization_id)] == ["Good0", "Good1", "Good2"]


async def test_a_message_that_comes_again_is_delivered_and_stored_once(deliver, stored, server):
    organization_id, message_id = ids.new_id("org"), ids.new_id("msg")
    text = message(message_id, TenantId=organization_id, AuditCode="Once")

    together = await deliver(text, text)
    later = await deliver(text)

    assert outcomes([*together, *later]) == [(DELIVERED, "")] * 3
    [audit] = await stored(organization_id)
    assert await server.events(audit.id) == ["audits.audit_created.v1"]


async def test_ten_calls_with_the_same_messages_at_once_store_each_once(deliver, stored):
    organization_id = ids.new_id("org")
    texts = [message(TenantId=organization_id, AuditCode=f"Code{number}") for number in range(10)]

    answers = await asyncio.gather(*(deliver(*(texts if n % 2 else texts[::-1])) for n in range(10)))

    assert {outcome for results in answers for outcome in outcomes(results)} == {(DELIVERED, "")}
    assert len(await stored(organization_id)) == 10


async def test_a_hundred_messages_are_taken(deliver, stored):
    organization_id = ids.new_id("org")

    results = await deliver(*(message(TenantId=organization_id, AuditCode=f"Code{n}") for n in range(100)))

    assert outcomes(results) == [(DELIVERED, "")] * 100
    assert len(await stored(organization_id)) == 100


async def test_a_hundred_messages_are_few_round_trips(server):
    async with counting(server.dsn) as wire, running(wire.dsn, lambda platform: [audits(platform)]) as counted:
        service = AuditsServiceStub(counted.channel)

        async def deliver_hundred():
            texts = [message(AuditCode=f"Code{number}") for number in range(100)]
            before = wire.round_trips
            await service.DeliverAudits(DeliverAuditsRequest(messages=texts), metadata=counted.as_service())
            return wire.round_trips - before

        await deliver_hundred()  # statements are prepared once
        # BEGIN, the audits, their events, COMMIT
        assert await deliver_hundred() <= 4


@pytest.mark.parametrize("count", [0, 101])
async def test_no_message_and_too_many_are_refused(deliver, count):
    refused = await refusal(deliver(*(message(AuditCode="Code") for _ in range(count))))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == {"messages": "INVALID_MESSAGES"}


async def test_while_the_store_is_busy_good_messages_are_to_be_tried_again(deliver, server):
    connection = await asyncpg.connect(server.dsn)
    await connection.execute("BEGIN; LOCK TABLE audits.audit; SET LOCAL idle_in_transaction_session_timeout = '20s'")
    calling = asyncio.create_task(deliver(message(AuditCode="Busy"), "{"))
    blocked = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%audits.audit%'"
    while not (pids := await server.rows(blocked)):
        await asyncio.sleep(0.02)
    await server.rows("SELECT pg_cancel_backend($1)", pids[0]["pid"])

    results = await calling

    assert outcomes(results) == [(RETRY_LATER, "STORE_UNAVAILABLE"), (REFUSED, "INVALID_QUEUED_MESSAGE")]
    await connection.close()


async def test_only_service_accounts_may(audits_service, cast):
    request = DeliverAuditsRequest(messages=[message(AuditCode="Code")])
    member = await cast.member(ids.new_id("org"))
    operator = await cast.member(platform_roles=("platform_operations",))

    nobody = await refusal(audits_service.DeliverAudits(request))
    people = [await refusal(audits_service.DeliverAudits(request, metadata=who.metadata)) for who in (member, operator)]

    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert {(each.code, each.reason) for each in people} == {(grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")}
