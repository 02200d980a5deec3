"""SearchAudits: operators find audits of all organizations."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from tenantry.audits.v1.audits_service_pb2 import DeliverAuditsRequest, SearchAuditsRequest

from server.kernel import ids
from server.kernel.rpc.times import to_timestamp
from tests.harness import refusal
from tests.messages import message
from tests.queued import queued_at


@pytest.fixture
def organization_id():
    return ids.new_id("org")


@pytest.fixture
def deliver(audits_service, server, organization_id):
    async def call(code, *, message_id=None, tenant=organization_id, **members):
        texts = [message(message_id, TenantId=tenant, AuditCode=code, **members)]
        await audits_service.DeliverAudits(DeliverAuditsRequest(messages=texts), metadata=server.as_service())

    return call


@pytest.fixture
def codes(audits_service, operator):
    async def of(**fields):
        answer = await audits_service.SearchAudits(SearchAuditsRequest(**fields), metadata=operator)
        assert answer.total_size == len(answer.audits)
        return [audit.audit_code for audit in answer.audits]

    return of


async def test_an_operator_finds_an_audit_as_it_was_stored(audits_service, deliver, organization_id, operator):
    await deliver("Machine.Registered", AgainstId="user_1", MessageTemplate="{Name} came", Arguments=["Ada"])

    answer = await audits_service.SearchAudits(SearchAuditsRequest(organization_id=organization_id), metadata=operator)

    [audit] = answer.audits
    assert ids.is_id("audit", audit.id)
    assert (audit.organization_id, audit.against_id, audit.host_region) == (organization_id, "user_1", "test")
    assert (audit.audit_code, audit.message_template) == ("Machine.Registered", "{Name} came")
    assert list(audit.template_arguments) == ["Ada"]
    assert (answer.total_size, answer.next_page_token) == (1, "")


async def test_without_a_filter_all_organizations_and_those_of_none_are_found(codes, deliver):
    await deliver("OfOne")
    await deliver("OfAnother", tenant=ids.new_id("org"))
    await deliver("OfNone", tenant=None)

    assert (await codes(page_size=1000))[-3:] == ["OfOne", "OfAnother", "OfNone"]


async def test_audits_are_found_by_whom_they_are_against_exactly(codes, deliver, organization_id):
    await deliver("Hers", AgainstId="user_1")
    await deliver("His", AgainstId="user_12")
    await deliver("Nobodys")

    assert await codes(organization_id=organization_id, against_id="user_1") == ["Hers"]
    assert await codes(organization_id=organization_id, against_id="user_") == []
    assert await codes(organization_id=ids.new_id("org"), against_id="user_1") == []


@pytest.mark.parametrize(
    ("audit_code", "found"),
    [
        ("EndUser.Suspended", ["EndUser.Suspended"]),
        ("EndUser", []),
        ("EndUser.*", ["EndUser.Suspended", "EndUser.Reinstated"]),
        ("E*", ["EndUser.Suspended", "EndUser_Suspended", "EndUser.Reinstated"]),
        ("EndUser_*", ["EndUser_Suspended"]),
        ("enduser.*", []),
        ("%*", []),
        ("*", ["EndUser.Suspended", "EndUser_Suspended", "EndUser.Reinstated", "Organization.Deleted"]),
    ],
)
async def test_audits_are_found_by_code_exactly_or_by_how_it_begins(codes, deliver, organization_id, audit_code, found):
    for code in ("EndUser.Suspended", "EndUser_Suspended", "EndUser.Reinstated", "Organization.Deleted"):
        await deliver(code)

    assert await codes(organization_id=organization_id, audit_code=audit_code) == found


async def test_audits_are_found_by_the_region_that_stored_them(codes, deliver, organization_id):
    await deliver("Here", OriginHostRegion="elsewhere")

    assert await codes(organization_id=organization_id, host_region="test") == ["Here"]
    assert await codes(organization_id=organization_id, host_region="elsewhere") == []


async def test_both_ends_of_the_time_looked_at_are_left_out(codes, deliver, organization_id):
    # given
    middle = (datetime.now(UTC) - timedelta(days=1)).replace(microsecond=0)
    second = timedelta(seconds=1)
    for number in (-1, 0, 1):
        await deliver(f"At{number}", message_id=queued_at(middle + number * second))

    # when
    found = await codes(
        organization_id=organization_id, since_at=to_timestamp(middle - second), until_at=to_timestamp(middle + second)
    )

    # then
    assert found == ["At0"]


async def test_two_weeks_are_looked_at_unless_told_otherwise(codes, deliver, organization_id):
    now = datetime.now(UTC)
    await deliver("Old", message_id=queued_at(now - timedelta(days=14, minutes=1)))
    await deliver("Young", message_id=queued_at(now - timedelta(days=13, hours=23)))

    assert await codes(organization_id=organization_id) == ["Young"]
    assert await codes(organization_id=organization_id, until_at=to_timestamp(now - timedelta(days=13))) == ["Young"]
    long_ago = to_timestamp(now - timedelta(days=30))
    assert await codes(organization_id=organization_id, since_at=long_ago) == ["Old", "Young"]


async def test_pages_follow_each_other_in_the_order_asked_for(audits_service, deliver, organization_id, operator):
    for code in ("B", "A", "C"):
        await deliver(code)
    request = SearchAuditsRequest(organization_id=organization_id, page_size=2, order_by="audit_code desc")

    first = await audits_service.SearchAudits(request, metadata=operator)
    request.page_token = first.next_page_token
    second = await audits_service.SearchAudits(request, metadata=operator)

    assert [[audit.audit_code for audit in page.audits] for page in (first, second)] == [["C", "B"], ["A"]]
    assert (first.total_size, second.next_page_token) == (3, "")


_NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"since_at": to_timestamp(_NOW + timedelta(hours=3))}, {"since_at": "SINCE_TOO_FUTURE"}),
        ({"since_at": to_timestamp(_NOW), "until_at": to_timestamp(_NOW)}, {"until_at": "INVALID_UNTIL"}),
        ({"until_at": to_timestamp(_NOW - timedelta(days=15))}, {"until_at": "INVALID_UNTIL"}),
        ({"organization_id": "acme"}, {"organization_id": "INVALID_ID"}),
        ({"against_id": "x" * 101}, {"against_id": "INVALID_ID"}),
        ({"audit_code": "x" * 201}, {"audit_code": "INVALID_AUDIT_CODE"}),
        ({"host_region": "x" * 101}, {"host_region": "INVALID_HOST_REGION"}),
        ({"page_size": -1}, {"page_size": "INVALID_PAGE_SIZE"}),
        ({"page_token": "x"}, {"page_token": "INVALID_PAGE_TOKEN"}),
        (
            {"order_by": "against_id", "since_at": to_timestamp(_NOW + timedelta(hours=3))},
            {"order_by": "INVALID_ORDER_BY", "since_at": "SINCE_TOO_FUTURE"},
        ),
    ],
)
async def test_a_field_outside_its_rule_is_refused(audits_service, operator, fields, violations):
    refused = await refusal(audits_service.SearchAudits(SearchAuditsRequest(**fields), metadata=operator))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == violations


async def test_a_token_is_good_for_the_same_filters_only(audits_service, deliver, organization_id, operator):
    for code in ("A", "B"):
        await deliver(code)
    request = SearchAuditsRequest(organization_id=organization_id, page_size=1)
    request.page_token = (await audits_service.SearchAudits(request, metadata=operator)).next_page_token
    request.audit_code = "B"

    refused = await refusal(audits_service.SearchAudits(request, metadata=operator))

    assert refused.violations == {"page_token": "INVALID_PAGE_TOKEN"}


async def test_only_operators_may(audits_service, server, cast):
    member = await cast.member(ids.new_id("org"), roles=("tenant_member", "tenant_owner"))

    async def told(metadata=None):
        refused = await refusal(audits_service.SearchAudits(SearchAuditsRequest(), metadata=metadata))
        return refused.code, refused.reason

    assert await told() == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert await told(member.metadata) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
    assert await told(server.as_service()) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
