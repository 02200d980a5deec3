"""An SMS by Twilio and back: queued, sent by the worker, reported through the gateway, and known to be delivered."""

import asyncio
import json
import tempfile
from pathlib import Path

from tenantry.sms.v1.sms_pb2 import SMS_STATUS_DELIVERED

from server.kernel import ids
from server.subdomains.ancillary.sms.api import SmsApi
from server.worker import worker_of
from tests.everything.world import standing_gateway
from tests.sms.texts import ADA, CONFIRMED, SENT, events, find
from tests.sms.twilio_stand_in import Twilio, serving, signed, status_of

CODE = "98-41-07"


async def test_a_code_is_queued_sent_and_confirmed_and_kept_nowhere(serve):
    async with serving(Twilio()) as twilio, serve(**twilio.settings) as server:
        # given: a use case that sends a code
        async with server.database.begin() as uow:
            body = f"Your code is {CODE}."
            api = SmsApi.of(server.app.platform)
            message_id = api.send(uow, body=body, to_phone_number=ADA, tags=["mfa"], is_sensitive=True)

        # when: the worker carries it out, and Twilio reports what becomes of it
        await worked_until_sent(server, message_id)
        sms = await find(server, message_id)
        with tempfile.TemporaryDirectory(prefix="tenantry-") as folder:
            async with standing_gateway(server.port, Path(folder)) as ways:
                answers = [await post(ways.client, status_of(sms, word)) for word in ("sent", "delivered", "delivered")]

        # then
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert [form["Body"] for form in twilio.requests] == [body]
        found = await find(server, message_id)
        assert (found.status, found.is_redacted, found.body) == (SMS_STATUS_DELIVERED, True, "")
        assert await events(server, message_id) == [*SENT, CONFIRMED]
        assert CODE not in await everything_kept(server, message_id)


async def worked_until_sent(server, message_id):
    worker = worker_of(server.app, server.channel)
    working = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        while not (await find(server, message_id)).is_sent:
            await asyncio.sleep(0.02)
    worker.stop()
    await working


async def post(client, body):
    headers = {"content-type": "application/x-www-form-urlencoded", **dict(signed(body))}
    return await client.post("/webhooks/twilio", content=body, headers=headers)


async def everything_kept(server, message_id):
    key = ids.decode("msg", message_id)
    tables = {"sms.sms_delivery": "id", "kernel.event": "aggregate_id", "kernel.delivery": "id"}
    rows = [await server.rows(f"SELECT * FROM {table} WHERE {column} = $1", key) for table, column in tables.items()]
    notifications = await server.rows("SELECT body FROM kernel.webhook_notification WHERE source = 'twilio_sms'")
    return json.dumps([[str(dict(row)) for row in found] for found in [*rows, notifications]])
