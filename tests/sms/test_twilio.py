"""DeliverSms by Twilio: what goes over the wire, and what becomes of the SMS."""

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg
import pytest
from aiohttp import web
from tenantry.sms.v1.sms_pb2 import SMS_STATUS_SENDING_FAILED, SMS_STATUS_SENT
from tenantry.sms.v1.sms_service_pb2 import DeliverSmsRequest
from tenantry.sms.v1.sms_service_pb2_grpc import SmsServiceStub

from server.kernel import ids
from server.kernel.settings import SettingsError, read
from server.subdomains.ancillary.sms.settings import SmsSettings
from server.subdomains.ancillary.sms.wiring import sms
from tests.messages import DELIVERED, REFUSED, RETRY_LATER
from tests.sms.texts import ADA, ATTEMPTED, CREATED, FAILED, SUCCEEDED, deliver, events, find, text
from tests.sms.twilio_stand_in import CALLBACK_URL, SENDER, Twilio, serving

FAILURE = (RETRY_LATER, "SMS_GATEWAY_FAILED")
REFUSAL = (REFUSED, "SMS_GATEWAY_REFUSED")


@pytest.fixture
def locked(dsn):
    @asynccontextmanager
    async def hold(message_id):
        connection = await asyncpg.connect(dsn)
        async with connection.transaction():
            await connection.execute(
                "SELECT 1 FROM sms.sms_delivery WHERE id = $1 FOR UPDATE", ids.decode("msg", message_id)
            )
            yield
        await connection.close()

    return hold


async def until(happened):
    async with asyncio.timeout(10):
        while not happened():
            await asyncio.sleep(0.005)


async def test_an_sms_is_handed_over_as_twilio_wants_it(serve):
    message_id = ids.new_id("msg")

    async with serving(Twilio()) as twilio, serve(**twilio.settings) as server:
        assert await deliver(server, text(message_id, Body="Grüße & co = 100 %", Tags=["mfa", "sign-in"])) == [
            (DELIVERED, "")
        ]
        found = await find(server, message_id)

    [form] = twilio.requests
    assert json.loads(form.pop("Tags")) == {"Tag1": "mfa", "Tag2": "sign-in"}
    assert form == {"To": ADA, "From": SENDER, "Body": "Grüße & co = 100 %", "StatusCallback": CALLBACK_URL}
    assert (found.status, found.receipt_id[:2], len(found.receipt_id)) == (SMS_STATUS_SENT, "SM", 34)


async def test_an_sms_without_tags_has_none_at_twilio(serve):
    async with serving(Twilio()) as twilio, serve(**twilio.settings) as server:
        await deliver(server, text(Tags=None))

    assert set(twilio.requests[0]) == {"To", "From", "Body", "StatusCallback"}


async def test_a_base_address_may_have_a_path_and_a_slash_at_its_end(serve):
    async with serving(Twilio()) as twilio:
        settings = twilio.settings | {"twilio_base_url": f"http://127.0.0.1:{twilio.port}/proxy/"}
        async with serve(**settings) as server:
            await deliver(server, text())

    assert twilio.received[0].path.startswith("/proxy/2010-04-01/Accounts/AC")


async def test_a_sensitive_sms_is_nowhere_to_be_read_once_it_is_sent(serve):
    message_id = ids.new_id("msg")

    async with serving(Twilio()) as twilio, serve(**twilio.settings) as server:
        await deliver(server, text(message_id, envelope={"Sensitive": True}, Body="Your code is 98-41-07"))
        found = await find(server, message_id)
        rows = await server.rows("SELECT t::text AS row FROM sms.sms_delivery t")

    assert twilio.requests[0]["Body"] == "Your code is 98-41-07"
    assert (found.body, found.is_redacted, found.to_phone_number) == ("", True, ADA)
    assert not any("98-41-07" in row["row"] for row in rows)


@pytest.mark.parametrize(
    ("behaviour", "result"),
    [
        ({"refuses_with": (408, 0)}, FAILURE),
        ({"refuses_with": (425, 0)}, FAILURE),
        ({"refuses_with": (429, 20429)}, FAILURE),
        ({"refuses_with": (500, 20500)}, FAILURE),
        ({"refuses_with": (503, 20503)}, FAILURE),
        ({"says_instead": web.Response(status=502, text="<h1>Bad Gateway</h1>", content_type="text/html")}, FAILURE),
        ({"says_instead": web.Response(status=200, text="<h1>Sign in to WiFi</h1>")}, FAILURE),
        ({"says_instead": web.Response(status=200, body=b"\xff\xfe\xfd", charset="utf-8")}, FAILURE),
        ({"drops_connection": True}, FAILURE),
        ({"waits": True}, FAILURE),
        ({"refuses_with": (400, 21211)}, REFUSAL),
        ({"refuses_with": (401, 20003)}, REFUSAL),
        ({"refuses_with": (403, 21408)}, REFUSAL),
        ({"refuses_with": (404, 20404)}, REFUSAL),
        ({"says_instead": web.Response(status=307, headers={"location": "/elsewhere"})}, REFUSAL),
    ],
    ids=str,
)
async def test_what_twilio_answers_decides_whether_to_try_again(serve, behaviour, result):
    # given
    message_id = ids.new_id("msg")

    async with serving(Twilio(**behaviour)) as twilio, serve(**twilio.settings, twilio_timeout_seconds=0.5) as server:
        # when
        assert await deliver(server, text(message_id)) == [result]

        # then
        found = await find(server, message_id)
        assert (found.status, found.is_sent, len(found.attempted_at)) == (SMS_STATUS_SENDING_FAILED, False, 1)
        assert await events(server, message_id) == [*CREATED, ATTEMPTED, FAILED]

        # and when Twilio is well again
        twilio.recover()
        assert await deliver(server, text(message_id, Body="Other")) == [(DELIVERED, "")]

        # then the content of the present message is sent, and the details of the first one are kept
        found = await find(server, message_id)
        assert (found.status, found.body, len(found.attempted_at)) == (SMS_STATUS_SENT, "Hello & welcome", 2)
        assert twilio.requests[-1]["Body"] == "Other"
        assert await events(server, message_id) == [*CREATED, ATTEMPTED, FAILED, ATTEMPTED, SUCCEEDED]


async def test_a_twilio_that_is_away_is_tried_again(serve):
    async with serving(Twilio()) as twilio:
        settings = twilio.settings

    async with serve(**settings) as server:
        assert await deliver(server, text()) == [FAILURE]


async def test_a_wrong_account_is_refused_by_twilio(serve):
    async with serving(Twilio()) as twilio, serve(**twilio.settings | {"twilio_auth_token": "wrong"}) as server:
        assert await deliver(server, text()) == [REFUSAL]

    assert twilio.requests == []


async def test_one_sms_that_fails_leaves_the_others_alone(serve):
    async with serving(Twilio(refuses_with=(400, 21211))) as twilio, serve(**twilio.settings) as server:
        results = await deliver(server, text(), text(Tags=["!"]), text(Body=""))

    assert results == [REFUSAL, (REFUSED, "INVALID_TAG"), (REFUSED, "SMS_MISSING_BODY")]


async def test_at_most_ten_sms_of_a_batch_are_at_twilio_at_once(serve):
    async with serving(Twilio()) as twilio, serve(**twilio.settings) as server:
        assert await deliver(server, *(text() for _ in range(40))) == [(DELIVERED, "")] * 40

    assert 1 < twilio.most_at_once <= 10


async def test_of_two_servers_with_one_sms_at_once_one_sends(serve):
    async with serving(Twilio()) as twilio, serve(**twilio.settings) as one, serve(**twilio.settings) as other:
        for _ in range(5):
            queued = text()
            answers = await asyncio.gather(deliver(one, queued), deliver(other, queued))
            assert [(DELIVERED, "")] in answers
            assert all(answer in ([(DELIVERED, "")], [(RETRY_LATER, "DELIVERY_IN_PROGRESS")]) for answer in answers)

    assert len(twilio.requests) == 5


async def test_what_twilio_has_accepted_is_noted_even_when_the_caller_has_gone(serve, locked):
    message_id, gate = ids.new_id("msg"), asyncio.Event()

    async with serving(Twilio(gate=gate)) as twilio, serve(**twilio.settings) as server:
        # given: it is at Twilio, and cannot be noted
        calling = asyncio.create_task(deliver(server, text(message_id)))
        await until(lambda: twilio.requests)
        async with locked(message_id):
            gate.set()
            await asyncio.sleep(0.2)

            # when
            calling.cancel()
            await asyncio.sleep(0.1)

        # then
        async with asyncio.timeout(10):
            while not (await find(server, message_id)).is_sent:
                await asyncio.sleep(0.02)
        assert await deliver(server, text(message_id)) == [(DELIVERED, "")]

    assert len(twilio.requests) == 1


async def test_neither_content_nor_recipient_nor_secret_is_logged_or_told(serve, caplog):
    caplog.set_level(logging.INFO)
    queued = [text(Body="Your code is 98-41-07") for _ in range(2)]

    async with serving(Twilio()) as twilio, serve(**twilio.settings) as server:
        await deliver(server, queued[0])
        twilio.refuses_with = (400, 21211)
        request = DeliverSmsRequest(messages=queued[1:])
        refused = await SmsServiceStub(server.channel).DeliverSms(request, metadata=server.as_service())

    assert refused.results[0].description == "Twilio answered 400 (error 21211)."
    assert [record for record in caplog.records if record.name.startswith(("twilio", "server.subdomains"))] == []
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert not any(word in logged for word in ("98-41-07", ADA.lstrip("+"), twilio.settings["twilio_auth_token"]))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"twilio_account_sid": None}, "TENANTRY_TWILIO_ACCOUNT_SID"),
        ({"twilio_auth_token": None}, "TENANTRY_TWILIO_AUTH_TOKEN"),
        ({"twilio_sender_phone_number": None}, "TENANTRY_TWILIO_SENDER_PHONE_NUMBER"),
        ({"twilio_webhook_callback_url": None}, "TENANTRY_TWILIO_WEBHOOK_CALLBACK_URL"),
        ({"twilio_account_sid": "SK" + "0" * 32}, "TENANTRY_TWILIO_ACCOUNT_SID"),
        ({"twilio_sender_phone_number": "021300033"}, "TENANTRY_TWILIO_SENDER_PHONE_NUMBER"),
        ({"twilio_webhook_callback_url": "/webhooks/twilio"}, "TENANTRY_TWILIO_WEBHOOK_CALLBACK_URL"),
        ({"twilio_base_url": "api.twilio.com"}, "TENANTRY_TWILIO_BASE_URL"),
        ({"sms_gateway": "pigeon"}, "TENANTRY_SMS_GATEWAY"),
    ],
    ids=str,
)
def test_a_setting_that_is_missing_or_wrong_stops_the_start_and_is_named(monkeypatch, changes, complaint):
    for name, value in (Twilio(port=1).settings | changes).items():
        if value is not None:
            monkeypatch.setenv(f"TENANTRY_{name}".upper(), value)

    with pytest.raises(SettingsError, match=complaint) as refused:
        read(SmsSettings)

    assert "the-auth-token" not in str(refused.value)


def test_nothing_need_be_set_to_capture():
    assert read(SmsSettings).sms_gateway == "capture"


@pytest.mark.parametrize("is_production", [True, False])
async def test_a_production_build_that_captures_says_so_at_its_start(server, caplog, is_production):
    platform = server.app.platform
    settings = platform.settings.model_copy(update={"env": "production" if is_production else "development"})

    sms(replace(platform, settings=settings))

    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warned == (["SMS are kept and not sent: TENANTRY_SMS_GATEWAY is capture"] if is_production else [])


async def test_of_a_huge_answer_no_more_is_read_than_twilio_says(serve):
    huge = web.Response(status=201, text="{" + " " * 10_000_000 + '"sid": "SM1"}')

    async with serving(Twilio(says_instead=huge)) as twilio, serve(**twilio.settings) as server:
        assert await deliver(server, text()) == [FAILURE]
