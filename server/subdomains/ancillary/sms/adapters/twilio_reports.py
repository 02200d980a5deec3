"""Reads what Twilio reports of SMS: a signed form for each status that one goes through."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from server.kernel.webhooks import WebhookNotification, WebhookSignatureInvalid

_SOURCE = "twilio_sms"
_MOST_FIELDS = 200
_DONE_DATE = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class TwilioReport:
    """One report, its signature verified."""

    fields: Mapping[str, str]

    @property
    def receipt_id(self) -> str:
        """Which SMS it is about. May be empty."""
        return self.fields.get("MessageSid", "")

    @property
    def is_delivered(self) -> bool:
        return self._status == "delivered"

    @property
    def is_failed(self) -> bool:
        return self._status in ("failed", "undelivered")

    @property
    def failure_reason(self) -> str:
        """Twilio's number of the error. May be empty."""
        return self.fields.get("ErrorCode", "")

    @property
    def notification(self) -> WebhookNotification:
        """Each status of an SMS is one event, however often it is reported: the signature has no time in it."""
        return WebhookNotification(
            source=_SOURCE,
            event_id=f"{self.receipt_id}-{self._status}",
            event_type=self._status,
            body=dict(self.fields),
        )

    def delivered_at(self, now: datetime) -> datetime:
        """When the carrier delivered it, to the minute, where that is said and can be read; else now."""
        said = self.fields.get("RawDlrDoneDate", "")
        if _DONE_DATE.fullmatch(said) is None:
            return now
        try:
            # Somebody on the way takes it for a number, which loses the zeros in front.
            return datetime.strptime(f"20{said.zfill(10)}", "%Y%m%d%H%M").replace(tzinfo=UTC)
        except ValueError:
            return now

    @property
    def _status(self) -> str:
        return (self.fields.get("MessageStatus") or self.fields.get("SmsStatus", "")).lower()


class TwilioReports:
    """Tells Twilio's reports from anybody else's, by the secret of the account."""

    def __init__(self, *, auth_token: str, callback_url: str) -> None:
        self._auth_token = auth_token
        self._callback_url = callback_url

    def read(self, body: bytes, signature: str) -> TwilioReport:
        """
        Read a report.

        Raises:
            WebhookSignatureInvalid: Twilio did not sign it.
        """
        try:
            fields = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError:
            raise WebhookSignatureInvalid from None
        if not hmac.compare_digest(self._signature_of(fields).encode(), signature.encode()):
            raise WebhookSignatureInvalid
        # PostgreSQL keeps no null characters.
        return TwilioReport({name: value.replace("\0", "\N{REPLACEMENT CHARACTER}") for name, value in fields})

    def _signature_of(self, fields: list[tuple[str, str]]) -> str:
        # The configured address, never the one that the report was sent to: that, anybody may choose.
        said = self._callback_url + "".join(name + value for name, value in sorted(set(fields)))
        digest = hmac.digest(self._auth_token.encode(), said.encode(), hashlib.sha1)
        return base64.b64encode(digest).decode()
