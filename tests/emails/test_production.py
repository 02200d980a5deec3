"""Emails in a production build: it says when mails do not leave, and Mailgun delivers for real."""

import os
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from tenantry.emails.v1.emails_service_pb2 import (
    ConfirmEmailDeliveredRequest,
    ConfirmEmailDeliveryFailedRequest,
    DeliverAllEmailsRequest,
    ListEmailsRequest,
)
from tenantry.emails.v1.emails_service_pb2_grpc import EmailsServiceStub

from tests.emails.mailgun import Mailgun, serving
from tests.emails.mails import deliver, html
from tests.emails.reports import SIGNING_KEY, notify, report
from tests.messages import DELIVERED

_LOADED = """
import sys
from server import app

app.build()
print([name for name in ("httpx", "aiosmtpd") if name in sys.modules])
"""


@pytest.fixture
def produce(server, serve):
    """Starts a production server, with the secrets that the server of the other tests has made for itself."""
    secrets = (Path(os.environ["TENANTRY_DATA"]) / "secrets").iterdir()
    given = {"env": "production", **{file.name: file.read_text() for file in secrets}}
    return lambda **settings: serve(**given, **settings)


async def test_mails_that_are_only_captured_are_warned_of(produce, caplog, capsys):
    async with produce() as production:
        assert "TENANTRY_EMAIL_GATEWAY is capture" in caplog.text
        assert await deliver(production, html()) == [(DELIVERED, "")]

    assert "captured" not in capsys.readouterr().out  # what mails say is for nobody's terminal here


async def test_mailgun_delivers_for_real_and_its_reports_are_believed(produce, caplog):
    with serving(Mailgun()) as mailgun:
        async with produce(**mailgun.settings, mailgun_webhook_signing_key=SIGNING_KEY) as production:
            assert await deliver(production, html()) == [(DELIVERED, "")]
            await notify(production, report())

    assert [form["o:testmode"] for form in mailgun.forms] == [["no"]]
    assert "TENANTRY_" not in caplog.text


async def test_mailgun_without_a_signing_key_is_warned_of(produce, caplog):
    with serving(Mailgun()) as mailgun:
        async with produce(**mailgun.settings):
            assert "TENANTRY_MAILGUN_WEBHOOK_SIGNING_KEY" in caplog.text


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("ListEmails", ListEmailsRequest()),
        ("DeliverAllEmails", DeliverAllEmailsRequest()),
        ("ConfirmEmailDelivered", ConfirmEmailDeliveredRequest(receipt_id="x")),
        ("ConfirmEmailDeliveryFailed", ConfirmEmailDeliveryFailedRequest(receipt_id="x")),
    ],
)
async def test_what_is_for_testing_does_not_exist(produce, name, request_):
    async with produce() as production:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await getattr(EmailsServiceStub(production.channel), name)(request_)

    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_no_http_client_is_loaded_where_none_is_needed(tmp_path):
    environment = {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "TENANTRY_DATA": str(tmp_path),
        "TENANTRY_DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
    }

    done = subprocess.run([sys.executable, "-c", _LOADED], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
