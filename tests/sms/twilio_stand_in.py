"""A Twilio for tests, on the loopback: its Messages resource as the real one answers, and its signed reports."""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web
from multidict import MultiDict
from tenantry.sms.v1.sms_pb2 import Sms
from twilio.request_validator import RequestValidator

ACCOUNT_SID, AUTH_TOKEN = "AC" + "0123456789abcdef" * 2, "the-auth-token-of-the-account"
SENDER = "+15005550006"
CALLBACK_URL = "https://api.tenantry.example/webhooks/twilio"
_CREDENTIALS = b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
# What the real one refuses an SMS without, and its number for that.
_NEEDED = {"To": 21604, "From": 21603, "Body": 21602}


@dataclass
class Twilio:
    """What it was asked, and how it behaves."""

    requests: list[dict[str, str]] = field(default_factory=list)
    received: list[web.BaseRequest] = field(default_factory=list)
    refuses_with: tuple[int, int] | None = None  # the HTTP status, and Twilio's number of the error
    says_instead: web.Response | None = None
    drops_connection: bool = False
    waits: bool = False
    gate: asyncio.Event | None = None  # answers once it is open
    most_at_once: int = 0
    port: int = 0
    _now: int = 0

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of a server that sends by this one."""
        return {
            "sms_gateway": "twilio",
            "twilio_base_url": f"http://127.0.0.1:{self.port}",
            "twilio_account_sid": ACCOUNT_SID,
            "twilio_auth_token": AUTH_TOKEN,
            "twilio_sender_phone_number": SENDER,
            "twilio_webhook_callback_url": CALLBACK_URL,
        }

    def recover(self) -> None:
        """Behave as usual from now on."""
        self.refuses_with = self.says_instead = None
        self.drops_connection = self.waits = False

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        self.received.append(request)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            return await self._answer(request)
        finally:
            self._now -= 1

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method != "POST" or request.path != f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json":
            return _error(404, 20404, "The requested resource was not found")
        if request.headers.get("authorization") != f"Basic {_CREDENTIALS}":
            return _error(401, 20003, "Authenticate")
        if request.content_type != "application/x-www-form-urlencoded":
            return _error(415, 20415, "Unsupported Media Type")
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.requests.append(form)
        await asyncio.sleep(3600 if self.waits else 0.02)
        if self.gate is not None:
            await self.gate.wait()
        if self.drops_connection:
            assert request.transport is not None
            request.transport.abort()
        if self.says_instead is not None:
            return self.says_instead
        if self.refuses_with is not None:
            return _error(*self.refuses_with, f"The 'To' number {form['To']} is not to our liking: {form['Body']}")
        for name, code in _NEEDED.items():
            if not form.get(name):
                return _error(400, code, f"A '{name}' is required.")
        return web.json_response(_message(form), status=201)


def _message(form: Mapping[str, str]) -> dict[str, Any]:
    sid = f"SM{secrets.token_hex(16)}"
    return {
        "account_sid": ACCOUNT_SID,
        "api_version": "2010-04-01",
        "body": form["Body"],
        "date_created": "Thu, 24 Aug 2023 05:01:45 +0000",
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": form["From"],
        "num_segments": "1",
        "sid": sid,
        "status": "queued",
        "to": form["To"],
        "uri": f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{sid}.json",
    }


def _error(status: int, code: int, message: str) -> web.Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return web.json_response({"code": code, "message": message, "more_info": more, "status": status}, status=status)


@asynccontextmanager
async def serving(twilio: Twilio) -> AsyncIterator[Twilio]:
    """*twilio* on a free port."""
    runner = web.ServerRunner(web.Server(twilio.answer), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    twilio.port = runner.addresses[0][1]
    try:
        yield twilio
    finally:
        await runner.cleanup()


def report(*fields: tuple[str, str], **more: str) -> bytes:
    """The form in which a status is reported."""
    given = {"ApiVersion": "2010-04-01", "From": SENDER, "AccountSid": ACCOUNT_SID, **more}
    return urlencode([*given.items(), *fields]).encode()


def status_of(sms: Sms, status: str, **more: str) -> bytes:
    """The form that reports a status of one of our SMS."""
    return report(MessageSid=sms.receipt_id, SmsSid=sms.receipt_id, MessageStatus=status, SmsStatus=status, **more)


def signed(body: bytes, *, url: str = CALLBACK_URL, auth_token: str = AUTH_TOKEN) -> tuple[tuple[str, str], ...]:
    """The header that Twilio's own library would send with a form."""
    fields = MultiDict(parse_qsl(body.decode(), keep_blank_values=True))
    return (("x-twilio-signature", RequestValidator(auth_token).compute_signature(url, fields)),)
