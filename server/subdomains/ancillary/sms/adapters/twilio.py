"""Hands SMS to Twilio, by its own client."""

import asyncio
import json
import logging

import aiohttp
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from server.subdomains.ancillary.sms.errors import SmsGatewayFailed, SmsGatewayRefused
from server.subdomains.ancillary.sms.ports import Sms

_TOO_SOON = frozenset({408, 425, 429})
_LARGEST_ANSWER = 64 * 1024
_FIRST_ACCEPTED, _FIRST_REFUSED, _FIRST_AWAY = 200, 300, 500

# The client writes headers of every request and answer to the log.
_quiet = logging.getLogger(f"{__name__}.client")
_quiet.setLevel(logging.WARNING)


class _BoundedResponse(aiohttp.ClientResponse):
    """An answer of which no more is read than one of Twilio can have."""

    async def read(self) -> bytes:
        if self._body is None:
            body = b""
            while len(body) <= _LARGEST_ANSWER and (part := await self.content.readany()):
                body += part
            self._body = body
            if not self.content.at_eof():
                self.close()
        return self._body


class TwilioGateway:
    """
    One connection an SMS, with a client of its own: clients keep their last request, codes and all.

    Twilio knows no repeat of a request by a key of ours. An SMS that was accepted and not noted, because this process
    died in between, goes out twice.
    """

    def __init__(
        self,
        *,
        base_url: str,
        account_sid: str,
        auth_token: str,
        sender_phone_number: str,
        callback_url: str,
        timeout_seconds: float,
    ) -> None:
        self._url = f"{base_url}/2010-04-01/Accounts/{account_sid}/Messages.json"
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._sender_phone_number = sender_phone_number
        self._callback_url = callback_url
        self._timeout_seconds = timeout_seconds

    async def send(self, sms: Sms) -> str | None:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                response = await self._post(self._form_of(sms))
        except (aiohttp.ClientError, OSError, UnicodeError) as error:  # TimeoutError too
            raise SmsGatewayFailed(f"Twilio cannot be reached ({type(error).__name__}).") from error
        if not _FIRST_ACCEPTED <= response.status_code < _FIRST_REFUSED:
            raise _verdict(response)
        return _receipt_of(response)

    async def _post(self, form: dict[str, object]) -> Response:
        async with AsyncTwilioHttpClient(pool_connections=False, logger=_quiet) as http:
            http.session = aiohttp.ClientSession(response_class=_BoundedResponse)
            client = Client(self._account_sid, self._auth_token, http_client=http)
            return await client.request_async("POST", self._url, data=form)

    def _form_of(self, sms: Sms) -> dict[str, object]:
        form: dict[str, object] = {
            "To": sms.to_phone_number,
            "From": self._sender_phone_number,
            "Body": sms.body,
            "StatusCallback": self._callback_url,
        }
        if sms.tags:
            form["Tags"] = json.dumps({f"Tag{number}": tag for number, tag in enumerate(sms.tags, start=1)})
        return form


def _verdict(response: Response) -> SmsGatewayFailed | SmsGatewayRefused:
    # Twilio's own words may hold the number, and what is said here is logged.
    code = _members_of(response).get("code")
    said = f"Twilio answered {response.status_code}" + (f" (error {code})." if isinstance(code, int) else ".")
    is_passing = response.status_code in _TOO_SOON or response.status_code >= _FIRST_AWAY
    return SmsGatewayFailed(said) if is_passing else SmsGatewayRefused(said)


def _receipt_of(response: Response) -> str | None:
    members = _members_of(response)
    if not members:
        raise SmsGatewayFailed("What answered is not Twilio.")
    receipt_id = members.get("sid")
    return receipt_id if isinstance(receipt_id, str) else None


def _members_of(response: Response) -> dict[str, object]:
    try:
        members = json.loads(response.text)
    except ValueError:
        return {}
    return members if isinstance(members, dict) else {}
