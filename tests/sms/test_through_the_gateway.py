"""SMS through the real gateway: Twilio's reports as they come, and the REST routes."""

import tempfile
from pathlib import Path

import pytest_asyncio

from tests.everything.world import standing_gateway
from tests.sms.texts import find, sent
from tests.sms.twilio_stand_in import signed, status_of

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest_asyncio.fixture(scope="session")
async def gateway(listening):
    with tempfile.TemporaryDirectory(prefix="tenantry-") as folder:
        async with standing_gateway(listening.port, Path(folder)) as ways:
            yield ways.client


async def test_a_report_reaches_the_server_byte_for_byte_whatever_host_it_was_sent_to(gateway, listening):
    sms = await sent(listening)
    body = status_of(sms, "undelivered", ErrorCode="30003", Odd="a+b c%&=é€", Empty="")
    headers = FORM | dict(signed(body)) | {"host": "evil.example", "i-twilio-idempotency-token": "1"}

    answer = await gateway.post("/webhooks/twilio", content=body, headers=headers)

    assert (answer.status_code, answer.json()) == (200, {})
    assert (await find(listening, sms.message_id)).delivery_failed_reason == "30003"


async def test_a_report_with_a_charset_and_one_without_a_type_are_taken(gateway, listening):
    for headers in ({"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}, {"content-type": ""}):
        sms = await sent(listening)
        body = status_of(sms, "delivered")

        answer = await gateway.post("/webhooks/twilio", content=body, headers=headers | dict(signed(body)))

        assert answer.status_code == 200, headers
        assert (await find(listening, sms.message_id)).is_delivered


async def test_a_forged_report_is_refused_at_the_gateway_too(gateway, listening):
    sms = await sent(listening)

    answer = await gateway.post("/webhooks/twilio", content=status_of(sms, "delivered"), headers=FORM)

    assert answer.status_code == 401
    assert answer.json()["details"][0]["reason"] == "WEBHOOK_SIGNATURE_INVALID"
    assert not (await find(listening, sms.message_id)).is_delivered


async def test_the_routes_of_sms_answer_through_the_gateway(gateway, listening):
    sms = await sent(listening, Tags=["through-the-gateway"])

    confirmed = await gateway.post("/smses/failed", json={"receiptId": sms.receipt_id, "reason": "30005"})
    listed = await gateway.get("/smses", params={"tags": "through-the-gateway"})
    drained = await gateway.post("/smses/drain", json={})

    assert confirmed.json() == {}
    [found] = listed.json()["smses"]
    assert (found["id"], found["status"], found["deliveryFailedReason"]) == (
        sms.id,
        "SMS_STATUS_DELIVERY_FAILED",
        "30005",
    )
    assert {int(value) for value in drained.json().values()} <= {0}


async def test_sms_are_not_sent_from_outside(gateway):
    answer = await gateway.post("/smses/send", json={"messages": ["{}"]})

    assert answer.status_code == 404
