"""SearchSms: what operators look for among the SMS of all organizations."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
import pytest_asyncio
from tenantry.sms.v1.sms_pb2 import (
    SMS_STATUS_CREATED,
    SMS_STATUS_DELIVERED,
    SMS_STATUS_DELIVERY_FAILED,
    SMS_STATUS_SENDING_FAILED,
    SMS_STATUS_SENT,
)
from tenantry.sms.v1.sms_service_pb2 import SearchSmsRequest

from server.kernel import ids
from server.kernel.rpc.times import to_timestamp
from tests.harness import refusal
from tests.sms.texts import deliver, delivered, find, text

BEN = "+6421300034"


@pytest_asyncio.fixture
async def operator(cast):
    return await cast.member(platform_roles=("platform_operations",))


@pytest.fixture
def organization_id():
    return ids.new_id("org")


@pytest.fixture
def send(server, organization_id):
    async def call(body, **changes):
        message_id = ids.new_id("msg")
        await deliver(server, text(message_id, envelope={"TenantId": organization_id}, Body=body, **changes))
        return message_id

    return call


@pytest.fixture
def bodies(sms_service, organization_id, operator):
    async def of(**fields):
        request = SearchSmsRequest(**{"organization_id": organization_id} | fields)
        return [sms.body for sms in (await sms_service.SearchSms(request, metadata=operator.metadata)).smses]

    return of


async def test_an_operator_finds_the_sms_of_any_organization_and_of_none(
    sms_service, send, server, operator, organization_id
):
    within, without = await send("Within"), ids.new_id("msg")
    await deliver(server, text(without))

    answer = await sms_service.SearchSms(SearchSmsRequest(page_size=1000), metadata=operator.metadata)

    found = {sms.message_id: sms for sms in answer.smses}
    assert found[within] == await find(server, within)
    assert found[within].organization_id == organization_id
    assert not found[without].HasField("organization_id")
    assert answer.total_size >= 2


async def test_the_recipient_is_looked_for_in_its_normal_form(send, bodies):
    await send("To Ada")
    await send("To Ben", ToPhoneNumber=BEN)

    assert await bodies(to_phone_number="+64 21 300-034") == ["To Ben"]
    assert await bodies(to_phone_number="+6421300035") == []


async def test_an_sms_is_found_by_its_message(send, bodies):
    await send("One")
    message_id = await send("Other")

    assert await bodies(message_id=message_id) == ["Other"]
    assert await bodies(message_id=ids.new_id("msg")) == []


async def test_sms_are_found_by_where_they_stand(send, bodies, server):
    message_ids = {body: await send(body) for body in ("Created", "Sending failed", "Sent", "Delivered", "Failed")}
    sql = "UPDATE sms.sms_delivery SET status = $2, sent_at = NULL, send_failed_at = $3 WHERE id = $1"
    await server.rows(sql, ids.decode("msg", message_ids["Created"]), "created", None)
    await server.rows(sql, ids.decode("msg", message_ids["Sending failed"]), "sending_failed", datetime.now(UTC))
    await delivered(server, await find(server, message_ids["Delivered"]))
    sql = (
        "UPDATE sms.sms_delivery SET status = 'delivery_failed', delivery_failed_at = now(), "
        "delivery_failed_reason = 'none' WHERE id = $1"
    )
    await server.rows(sql, ids.decode("msg", message_ids["Failed"]))

    assert await bodies(status=SMS_STATUS_CREATED) == ["Created"]
    assert await bodies(status=SMS_STATUS_SENDING_FAILED) == ["Sending failed"]
    assert await bodies(status=SMS_STATUS_SENT) == ["Sent"]
    assert await bodies(status=SMS_STATUS_DELIVERED) == ["Delivered"]
    assert await bodies(status=SMS_STATUS_DELIVERY_FAILED) == ["Failed"]
    assert await bodies() == list(message_ids)


async def test_only_what_was_created_between_two_instants_is_found(send, bodies, server):
    now = datetime.now(UTC)
    for minutes, body in ((-30, "Early"), (-20, "Then"), (-10, "Late")):
        server.clock.stop_at(now + timedelta(minutes=minutes))
        await send(body)
    server.clock.run()

    def between(since, until):
        instants = (to_timestamp(now + timedelta(minutes=minutes)) for minutes in (since, until))
        return dict(zip(("since_at", "until_at"), instants, strict=True))

    assert await bodies(**between(-30, -10)) == ["Then"]
    assert await bodies(**between(-31, -9)) == ["Early", "Then", "Late"]
    assert await bodies(until_at=to_timestamp(now - timedelta(minutes=20))) == ["Early"]


async def test_all_that_is_asked_for_must_be_so(send, bodies):
    await send("Both", Tags=["mfa"], ToPhoneNumber=BEN)
    await send("Tag only", Tags=["mfa"])
    await send("Number only", ToPhoneNumber=BEN)

    assert await bodies(tags=["mfa"], to_phone_number=BEN) == ["Both"]


async def test_pages_follow_each_other(send, sms_service, organization_id, operator):
    for number in range(5):
        await send(f"SMS {number}")
    request = SearchSmsRequest(organization_id=organization_id, page_size=3, order_by="created_at desc")

    first = await sms_service.SearchSms(request, metadata=operator.metadata)
    request.page_token = first.next_page_token
    second = await sms_service.SearchSms(request, metadata=operator.metadata)

    assert [sms.body for page in (first, second) for sms in page.smses] == [
        f"SMS {number}" for number in (4, 3, 2, 1, 0)
    ]
    assert (first.total_size, second.total_size, second.next_page_token) == (5, 5, "")


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"since_at": to_timestamp(datetime.now(UTC) + timedelta(hours=3))}, {"since_at": "SINCE_TOO_FUTURE"}),
        ({"until_at": to_timestamp(datetime.now(UTC) - timedelta(days=15))}, {"until_at": "INVALID_UNTIL"}),
        ({"organization_id": "acme"}, {"organization_id": "INVALID_ID"}),
        ({"message_id": "acme"}, {"message_id": "INVALID_ID"}),
        ({"message_id": ids.new_id("car")}, {"message_id": "INVALID_ID"}),
        ({"to_phone_number": "021300033"}, {"to_phone_number": "INVALID_PHONE_NUMBER"}),
        ({"status": 99}, {"status": "INVALID_STATUS"}),
        ({"tags": ["good", "b!d"]}, {"tags[1]": "INVALID_TAG"}),
        ({"page_size": -1}, {"page_size": "INVALID_PAGE_SIZE"}),
        ({"page_token": "x"}, {"page_token": "INVALID_PAGE_TOKEN"}),
        ({"order_by": "to_phone_number"}, {"order_by": "INVALID_ORDER_BY"}),
        (
            {"to_phone_number": "1", "tags": ["!"]},
            {"to_phone_number": "INVALID_PHONE_NUMBER", "tags[0]": "INVALID_TAG"},
        ),
    ],
)
async def test_a_field_outside_its_rule_is_refused(sms_service, operator, fields, violations):
    refused = await refusal(sms_service.SearchSms(SearchSmsRequest(**fields), metadata=operator.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == violations


async def test_until_must_be_after_since(sms_service, operator):
    now = to_timestamp(datetime.now(UTC))

    refused = await refusal(
        sms_service.SearchSms(SearchSmsRequest(since_at=now, until_at=now), metadata=operator.metadata)
    )

    assert refused.violations == {"until_at": "INVALID_UNTIL"}


async def test_only_operators_may(sms_service, cast, server):
    owner = await cast.member(ids.new_id("org"), roles=("tenant_owner",))

    nobody = await refusal(sms_service.SearchSms(SearchSmsRequest()))
    others = [
        await refusal(sms_service.SearchSms(SearchSmsRequest(), metadata=metadata))
        for metadata in (owner.metadata, server.as_service())
    ]

    assert (nobody.code, nobody.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
    assert {(each.code, each.reason) for each in others} == {(grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")}
