"""Hands mails to any provider by SMTP."""

import asyncio
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal

import aiosmtplib

from server.kernel.clock import Clock
from server.subdomains.ancillary.emails.adapters.headers import ENCODED_WORD, mailbox_of, message_id_of, one_line
from server.subdomains.ancillary.emails.adapters.text import text_of
from server.subdomains.ancillary.emails.errors import (
    EmailGatewayFailed,
    EmailGatewayRefused,
    EmailTemplateUnsupported,
)
from server.subdomains.ancillary.emails.ports import Html, Mail

_AWAY = (
    aiosmtplib.SMTPConnectError,
    aiosmtplib.SMTPServerDisconnected,
    aiosmtplib.SMTPTimeoutError,
    OSError,  # TimeoutError too
)
_FIRST_PERMANENT_CODE = 500


class SmtpGateway:
    """One connection a mail. SMTP says that a mail was taken, never that it arrived."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        tls: Literal["starttls", "tls", "none"],
        username: str,
        password: str,
        timeout_seconds: float,
        now: Clock,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._tls_context = tls_context or ssl.create_default_context()
        self._username = username
        self._password = password
        self._timeout_seconds = timeout_seconds
        self._now = now

    async def send(self, mail: Mail) -> str:
        if not isinstance(mail.content, Html):
            raise EmailTemplateUnsupported
        try:
            message = message_of(mail, mail.content, self._now())
            async with asyncio.timeout(self._timeout_seconds):
                await self._hand_over(mail, message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _verdict(error.recipients[0].code) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _verdict(error.code) from None
        except _AWAY as error:
            raise EmailGatewayFailed(f"The mail server cannot be reached ({type(error).__name__}).") from error
        except (aiosmtplib.SMTPException, ValueError) as error:
            raise EmailGatewayRefused(f"The mail cannot be handed over ({type(error).__name__}).") from error
        return message_id_of(mail)

    async def _hand_over(self, mail: Mail, message: EmailMessage) -> None:
        await aiosmtplib.send(
            message,
            sender=mail.sender.email_address,
            recipients=[mail.recipient.email_address],
            hostname=self._host,
            port=self._port,
            use_tls=self._tls == "tls",
            start_tls=self._tls == "starttls",
            tls_context=None if self._tls == "none" else self._tls_context,
            username=self._username or None,
            password=self._password or None,
            timeout=self._timeout_seconds,
        )


def message_of(mail: Mail, content: Html, now: datetime) -> EmailMessage:
    """
    The mail as it goes over the wire.

    Raises:
        ValueError: It cannot be written.
    """
    if ENCODED_WORD in mail.recipient.email_address:
        raise ValueError("an address with an encoded word in it")
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = f"<{message_id_of(mail)}>"
    message["Date"] = format_datetime(now)
    message["From"] = mailbox_of(mail.sender)
    message["To"] = mailbox_of(mail.recipient)
    message["Subject"] = one_line(content.subject)
    if mail.tags:
        message["X-Tags"] = ", ".join(mail.tags)
    message.set_content(text_of(content.body))
    message.add_alternative(content.body, subtype="html")
    return message


def _verdict(code: int) -> EmailGatewayFailed | EmailGatewayRefused:
    said = f"The mail server answered {code}."
    return EmailGatewayRefused(said) if code >= _FIRST_PERMANENT_CODE else EmailGatewayFailed(said)
