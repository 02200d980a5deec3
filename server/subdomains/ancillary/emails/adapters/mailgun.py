"""Hands mails to Mailgun by its HTTP API."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from server.subdomains.ancillary.emails.adapters.headers import mailbox_of, message_id_of, one_line
from server.subdomains.ancillary.emails.adapters.text import text_of
from server.subdomains.ancillary.emails.errors import EmailGatewayFailed, EmailGatewayRefused
from server.subdomains.ancillary.emails.ports import Html, Mail, Template

_PASSING = frozenset({httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_EARLY, httpx.codes.TOO_MANY_REQUESTS})
_MOST_AT_ONCE = 10  # as many as emails are at the gateway at once
_LARGEST_ANSWER = 64 * 1024
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]+")


class MailgunGateway:
    """One call a mail, over connections that are kept. Mailgun reports later what became of it."""

    def __init__(self, *, base_url: str, domain_name: str, api_key: str, is_test: bool, timeout_seconds: float) -> None:
        self._url = f"{base_url.rstrip('/')}/{quote(domain_name, safe='')}/messages"
        self._is_test = is_test
        self._timeout_seconds = timeout_seconds
        self._client = httpx.AsyncClient(
            auth=("api", api_key),
            timeout=timeout_seconds,
            limits=httpx.Limits(max_connections=_MOST_AT_ONCE, keepalive_expiry=30),
            trust_env=False,
        )

    async def send(self, mail: Mail) -> str | None:
        # Parts without a file name are fields. A list, since tags repeat.
        form = [(name, (None, value.encode())) for name, value in fields_of(mail, is_test=self._is_test)]
        try:
            async with asyncio.timeout(self._timeout_seconds):  # each step has as long; all of them together too
                async with self._client.stream("POST", self._url, files=form) as answer:
                    said = await _beginning(answer)
        except (httpx.TransportError, TimeoutError) as error:
            raise EmailGatewayFailed(f"Mailgun cannot be reached ({type(error).__name__}).") from error
        if answer.is_success:
            return _receipt_of(said)
        problem = f"Mailgun answered {answer.status_code}."
        if answer.is_server_error or answer.status_code in _PASSING:
            raise EmailGatewayFailed(problem)
        raise EmailGatewayRefused(problem)


def fields_of(mail: Mail, *, is_test: bool) -> Iterator[tuple[str, str]]:
    """The form of a mail, as Mailgun documents it for ``POST /v3/{domain}/messages``."""
    recipient = mail.recipient.email_address
    name = one_line(mail.recipient.display_name)
    yield "from", str(mailbox_of(mail.sender))
    yield "to", recipient
    yield from _content(mail.content)
    if name:
        yield "recipient-variables", json.dumps({recipient: {"name": name, "id": 1}})
    for tag in mail.tags:
        yield "o:tag", tag
    yield "o:tracking-opens", "no"
    yield "o:testmode", "yes" if is_test else "no"
    yield "h:Message-Id", f"<{message_id_of(mail)}>"


def _content(content: Html | Template) -> Iterator[tuple[str, str]]:
    subject = one_line(content.subject)
    if subject:
        yield "subject", subject
    if isinstance(content, Html):
        yield "html", content.body
        yield "text", text_of(content.body)
        return
    yield "template", content.template_id
    if content.substitutions:
        yield "h:X-Mailgun-Variables", json.dumps(_in_camel_case(content.substitutions))


def _in_camel_case(substitutions: Mapping[str, str]) -> dict[str, str]:
    return {_camel_case(name): value for name, value in substitutions.items()}


def _camel_case(name: str) -> str:
    first, *others = _NOT_IN_A_NAME.split(name)
    return first[:1].lower() + first[1:] + "".join(word[:1].upper() + word[1:] for word in others)


async def _beginning(answer: httpx.Response) -> bytes:
    """The body, or as much of it as an answer of Mailgun can have."""
    body = b""
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > _LARGEST_ANSWER:
            break
    return body


def _receipt_of(answer: bytes) -> str | None:
    """Mailgun's id of the mail. It was accepted, even if the answer cannot be read."""
    try:
        said: Any = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    receipt_id = said.get("id") if isinstance(said, dict) else None
    return receipt_id.strip().strip("<>") or None if isinstance(receipt_id, str) else None
