"""Keeps mails instead of sending them, where developers and tests can read them."""

import sys

from sqlalchemy.dialects.postgresql import insert

from server.kernel import ids
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork
from server.subdomains.ancillary.emails.adapters.text import text_of
from server.subdomains.ancillary.emails.ports import Html, Mail
from server.subdomains.ancillary.emails.tables import captured_mail

_CAPTURE = insert(captured_mail).on_conflict_do_nothing(index_elements=[captured_mail.c.id])


class CaptureGateway:
    """The gateway of a deployment that has none. A mail that comes again is the same mail."""

    def __init__(self, *, begin: OpenUnitOfWork, now: Clock, shows: bool) -> None:
        self._begin = begin
        self._now = now
        self._shows = shows

    async def send(self, mail: Mail) -> str:
        content = mail.content
        receipt_id = ids.with_prefix("receipt", mail.message_id)
        row = {
            "id": receipt_id,
            "captured_at": self._now(),
            "subject": content.subject,
            "body": content.body if isinstance(content, Html) else "",
            "template_id": None if isinstance(content, Html) else content.template_id,
            "substitutions": {} if isinstance(content, Html) else dict(content.substitutions),
            "from_email_address": mail.sender.email_address,
            "from_display_name": mail.sender.display_name,
            "to_email_address": mail.recipient.email_address,
            "to_display_name": mail.recipient.display_name,
            "tags": list(mail.tags),
        }
        async with self._begin() as uow:
            await uow.write(_CAPTURE, row)
        if self._shows:
            sys.stdout.write(page_of(mail))
            sys.stdout.flush()
        return receipt_id


def page_of(mail: Mail) -> str:
    """A mail as the terminal shows it."""
    content = mail.content
    if isinstance(content, Html):
        body = text_of(content.body)
    else:
        values = "\n".join(f"{name}: {value}" for name, value in content.substitutions.items())
        body = f"Template {content.template_id}\n{values}"
    head = [
        f"From:    {mail.sender.display_name} <{mail.sender.email_address}>",
        f"To:      {mail.recipient.display_name} <{mail.recipient.email_address}>",
        f"Subject: {content.subject}",
    ]
    lines = [*head, "", *body.rstrip().split("\n")]
    visible = ["".join(sign for sign in line if sign.isprintable()) for line in lines]
    return "\n".join(["┌─ mail (captured, not sent)", *(f"│ {line}" for line in visible), "└─", ""])
