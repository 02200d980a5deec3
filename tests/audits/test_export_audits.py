"""ExportAudits: all that a search would find, as a stream that takes as long as its reader."""

import asyncio
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from tenantry.audits.v1.audits_service_pb2 import DeliverAuditsRequest, ExportAuditsRequest

from server.kernel import ids
from server.kernel.rpc.times import to_timestamp
from tests.harness import refusal
from tests.messages import message
from tests.queued import queued_at

LONG_AGO = to_timestamp(datetime.now(UTC) - timedelta(days=50))
# Audits of an organization, one a second from an instant on, put there past the server: it takes too long otherwise.
MANY = """
    INSERT INTO audits.audit
    SELECT gen_random_uuid(), $2::timestamptz + n * interval '1 second', $1, 'user_1', 'Code' || n, repeat('x', $4),
        jsonb_build_array(n::text), 'test'
    FROM generate_series(1, $3) AS n
"""


@pytest.fixture
def organization_id():
    return ids.new_id("org")


@pytest.fixture
def deliver(audits_service, server, organization_id):
    async def call(code, *, message_id=None):
        texts = [message(message_id, TenantId=organization_id, AuditCode=code)]
        await audits_service.DeliverAudits(DeliverAuditsRequest(messages=texts), metadata=server.as_service())

    return call


@pytest.fixture
def store(server, organization_id):
    """Store many audits, the first of them forty days ago, where no list of other tests looks."""

    async def call(count, *, length=10):
        first = datetime.now(UTC) - timedelta(days=40)
        await server.rows(MANY, ids.decode("org", organization_id), first, count, length)

    return call


@pytest.fixture
def export(audits_service, operator, organization_id):
    def call(**fields):
        request = ExportAuditsRequest(**{"organization_id": organization_id, "since_at": LONG_AGO} | fields)
        return audits_service.ExportAudits(request, metadata=operator)

    return call


def codes_of(*answers):
    return [audit.audit_code for answer in answers for audit in answer.audits]


def numbered(first, last):
    return [f"Code{number}" for number in range(first, last + 1)]


async def test_every_audit_comes_once_and_oldest_first_and_the_last_message_says_so(export, store):
    await store(1234)

    answers = [answer async for answer in export()]

    assert codes_of(*answers) == numbered(1, 1234)
    assert [len(answer.audits) for answer in answers] == [500, 500, 234, 0]
    assert [bool(answer.next_page_token) for answer in answers] == [True, True, True, False]


async def test_audits_of_one_instant_come_once_each(server, export, store, organization_id):
    await store(3)
    same = (
        "INSERT INTO audits.audit SELECT gen_random_uuid(), now() - interval '30 days', $1, NULL, 'Same', '', '[]', ''"
    )
    await server.rows(f"{same} FROM generate_series(1, 1100)", ids.decode("org", organization_id))

    found = [audit.id for answer in [answer async for answer in export()] for audit in answer.audits]

    assert len(found) == len(set(found)) == 1103


async def test_nothing_to_export_is_said_at_once(export):
    answers = [answer async for answer in export()]

    assert [(len(answer.audits), answer.next_page_token) for answer in answers] == [(0, "")]


async def test_the_filters_are_those_of_a_search(export, deliver):
    now = datetime.now(UTC)
    for days, code in ((3, "A.Old"), (2.2, "A.Middle"), (2, "B.Middle"), (1, "A.Young"), (51, "A.Ancient")):
        await deliver(code, message_id=queued_at(now - timedelta(days=days)))
    since, until = (to_timestamp(now - timedelta(days=days)) for days in (2.5, 1.5))

    async def codes(**fields):
        return codes_of(*[answer async for answer in export(**fields)])

    assert await codes() == ["A.Old", "A.Middle", "B.Middle", "A.Young"]
    assert await codes(since_at=since, until_at=until, audit_code="A.*") == ["A.Middle"]
    assert await codes(audit_code="B.Middle", host_region="test") == ["B.Middle"]
    assert await codes(host_region="elsewhere") == await codes(against_id="user_1") == []
    assert await codes(organization_id=ids.new_id("org")) == []


async def test_a_stream_that_was_given_up_goes_on_where_it_was(export, store):
    await store(1234)
    stream = export()
    first = await stream.read()
    stream.cancel()

    rest = [answer async for answer in export(page_token=first.next_page_token)]

    assert codes_of(first, *rest) == numbered(1, 1234)


async def test_audits_that_come_meanwhile_neither_move_nor_double_the_others(export, store, deliver):
    await store(700)
    stream = aiter(export())
    answers = [await anext(stream)]

    for number in range(5):
        await deliver(f"Late{number}")
    answers += [answer async for answer in stream]

    found = codes_of(*answers)
    assert found[:700] == numbered(1, 700)
    assert found[700:] in ([f"Late{number}" for number in range(seen)] for seen in range(6))


async def test_no_more_is_read_than_its_reader_takes(export, store, deliver):
    # given
    await store(3000, length=10_000)  # 30 MB: much more than the network holds on the way
    stream = aiter(export())
    first = await anext(stream)
    await asyncio.sleep(1)

    # when
    await deliver("Late")
    rest = [answer async for answer in stream]

    # then: the server had not got to the end, or it would not have seen this one
    assert codes_of(first, *rest) == [*numbered(1, 3000), "Late"]
    assert max(answer.ByteSize() for answer in (first, *rest)) < 1.1 * 1024 * 1024


async def test_the_largest_audits_come_one_by_one(export, store):
    await store(3, length=1024 * 1024)

    answers = [answer async for answer in export()]

    assert [codes_of(answer) for answer in answers] == [["Code1"], ["Code2"], ["Code3"], []]


async def test_no_connection_is_held_while_a_reader_takes_its_time(server, export, store):
    await store(3000, length=10_000)
    streams = [export() for _ in range(20)]
    for stream in streams:
        await stream.read()

    # Each stream reads ahead until the network is full; from then on it waits for its reader alone.
    async with asyncio.timeout(30):
        while await _held(server):
            await asyncio.sleep(0.2)

    for stream in streams:
        stream.cancel()


async def _held(server):
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    return await server.rows(f"SELECT 1 FROM pg_stat_activity WHERE {others} AND state <> 'idle'")


_NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"since_at": to_timestamp(_NOW + timedelta(hours=3))}, {"since_at": "SINCE_TOO_FUTURE"}),
        ({"since_at": to_timestamp(_NOW), "until_at": to_timestamp(_NOW)}, {"until_at": "INVALID_UNTIL"}),
        ({"organization_id": "acme"}, {"organization_id": "INVALID_ID"}),
        ({"page_token": "x"}, {"page_token": "INVALID_PAGE_TOKEN"}),
    ],
)
async def test_a_field_outside_its_rule_is_refused(export, fields, violations):
    refused = await refusal(export(**fields).read())

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == violations


async def test_a_token_is_good_for_the_same_filters_and_the_same_caller_only(audits_service, cast, export, store):
    await store(1)
    token = (await export().read()).next_page_token
    other = await cast.member(platform_roles=("platform_operations",))

    refused = [
        await refusal(export(page_token=token, audit_code="Code*").read()),
        await refusal(
            audits_service.ExportAudits(ExportAuditsRequest(page_token=token), metadata=other.metadata).read()
        ),
    ]

    assert [each.violations for each in refused] == [{"page_token": "INVALID_PAGE_TOKEN"}] * 2


async def test_only_operators_may(audits_service, server, cast):
    member = await cast.member(ids.new_id("org"), roles=("tenant_member", "tenant_owner"))

    async def told(metadata=None):
        refused = await refusal(audits_service.ExportAudits(ExportAuditsRequest(), metadata=metadata).read())
        return refused.code, refused.reason

    assert await told() == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert await told(member.metadata) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
    assert await told(server.as_service()) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
