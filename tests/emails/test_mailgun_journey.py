"""A mail by Mailgun and back: sent, reported through the gateway, and known to be delivered."""

import json
import tempfile
from pathlib import Path

import httpx
import pytest_asyncio
from tenantry.emails.v1.email_pb2 import EMAIL_STATUS_DELIVERED

from server.kernel import ids
from tests.emails.mailgun import Mailgun, serving
from tests.emails.mails import CONFIRMED, SENT, deliver, events, find, html
from tests.emails.reports import SIGNING_KEY, report
from tests.everything.world import standing_gateway


@pytest_asyncio.fixture
async def mailgun_and_server(serve):
    with serving(Mailgun()) as mailgun:
        async with serve(**mailgun.settings, mailgun_webhook_signing_key=SIGNING_KEY) as server:
            yield mailgun, server


async def test_a_mail_is_sent_and_its_delivery_is_reported_through_the_gateway(mailgun_and_server):
    mailgun, server = mailgun_and_server
    message_id = ids.new_id("msg")
    await deliver(server, html(message_id))
    [form] = mailgun.forms
    receipt_id = form["h:Message-Id"][0].strip("<>")

    with tempfile.TemporaryDirectory(prefix="tenantry-") as folder:
        async with standing_gateway(server.port, Path(folder)) as ways:
            # when: as Mailgun does, whatever credential somebody put in between
            body = json.dumps(report("delivered", receipt_id=receipt_id), indent=1).encode()
            taken = await post(ways.client, body, {"authorization": "Bearer nonsense"})
            again = await post(ways.client, body)
            forged = await post(ways.client, json.dumps(report("failed", receipt_id=receipt_id, key="x")).encode())
            garbage = await post(ways.client, b"event=delivered", {"content-type": "application/x-www-form-urlencoded"})

    # then
    assert (taken.status_code, taken.json()) == (200, {})
    assert (again.status_code, said(again)) == (401, "WEBHOOK_REPLAYED")
    assert (forged.status_code, said(forged)) == (401, "WEBHOOK_SIGNATURE_INVALID")
    assert (garbage.status_code, said(garbage)) == (400, "VALIDATION_FAILED")
    assert (await find(server, message_id)).status == EMAIL_STATUS_DELIVERED
    assert await events(server, message_id) == [*SENT, CONFIRMED]


async def post(client: httpx.AsyncClient, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    """Post as Mailgun does."""
    return await client.post(
        "/webhooks/mailgun", content=body, headers={"content-type": "application/json", **(headers or {})}
    )


def said(answer: httpx.Response) -> str:
    """The reason of a refusal."""
    found: str = answer.json()["details"][0]["reason"]
    return found
