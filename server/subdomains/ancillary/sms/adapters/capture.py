"""Keeps SMS instead of sending them, where developers and tests can read them."""

import sys

from sqlalchemy.dialects.postgresql import insert

from server.kernel import ids
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork
from server.subdomains.ancillary.sms.ports import Sms
from server.subdomains.ancillary.sms.tables import captured_sms

_CAPTURE = insert(captured_sms).on_conflict_do_nothing(index_elements=[captured_sms.c.id])


class CaptureGateway:
    """The gateway of a deployment that has none. An SMS that comes again is the same SMS."""

    def __init__(self, *, begin: OpenUnitOfWork, now: Clock, shows: bool) -> None:
        self._begin = begin
        self._now = now
        self._shows = shows

    async def send(self, sms: Sms) -> str:
        receipt_id = ids.with_prefix("receipt", sms.message_id)
        row = {
            "id": receipt_id,
            "captured_at": self._now(),
            "body": sms.body,
            "to_phone_number": sms.to_phone_number,
            "tags": list(sms.tags),
        }
        async with self._begin() as uow:
            await uow.write(_CAPTURE, row)
        if self._shows:
            sys.stdout.write(page_of(sms))
            sys.stdout.flush()
        return receipt_id


def page_of(sms: Sms) -> str:
    """An SMS as the terminal shows it."""
    lines = [f"To: {sms.to_phone_number}", "", *sms.body.rstrip().split("\n")]
    visible = ["".join(sign for sign in line if sign.isprintable()) for line in lines]
    return "\n".join(["┌─ SMS (captured, not sent)", *(f"│ {line}" for line in visible), "└─", ""])
