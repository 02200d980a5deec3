"""Reads what Mailgun reports: whether it is Mailgun that does, and what it says of a mail."""

import hashlib
import hmac
import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from server.kernel.webhooks import WebhookBodyInvalid

_SECONDS = re.compile(r"[0-9]{1,11}")
# PostgreSQL keeps neither of them: the null character, and halves of a character that have lost each other.
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_LONGEST = 1000
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailgunEvent:
    """What happened to a mail. A text that is not there is empty."""

    id: str
    type: str
    at: datetime | None
    receipt_id: str
    severity: str
    reason: str

    @property
    def is_delivered(self) -> bool:
        """Whether it arrived."""
        return self.type == "delivered"

    @property
    def is_failed_for_good(self) -> bool:
        """Whether it will not arrive any more. Without a word on it, that is how it is."""
        return self.type == "failed" and self.severity in ("", "permanent")

    @property
    def is_complaint(self) -> bool:
        """Whether the recipient calls it spam."""
        return self.type == "complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailgunReport:
    """One call of Mailgun. Whether it really is one says its signature, which covers timestamp and token only."""

    timestamp: str
    token: str
    signature: str
    event: MailgunEvent | None
    body: Any

    @property
    def signed_at(self) -> datetime | None:
        """When it was signed, as far as that can be read."""
        return _instant(int(self.timestamp)) if _SECONDS.fullmatch(self.timestamp) else None

    def is_signed_with(self, key: str) -> bool:
        """Whether somebody who knows *key* has signed it."""
        if not self.timestamp or not self.token or not self.signature:
            return False
        signed = (self.timestamp + self.token).encode(errors="surrogatepass")
        expected = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), self.signature.encode(errors="surrogatepass"))


def read_report(body: bytes) -> MailgunReport:
    """
    Read what was sent. What it lacks is empty: only its signature can say that something is wrong.

    Raises:
        WebhookBodyInvalid: It is not JSON.
    """
    try:
        report = json.loads(body, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise WebhookBodyInvalid("content", "must be JSON") from None
    signature = _member(report, "signature")
    timestamp = _member(signature, "timestamp")
    return MailgunReport(
        timestamp=str(timestamp) if type(timestamp) is int else _raw_text(timestamp),
        token=_raw_text(_member(signature, "token")),
        signature=_raw_text(_member(signature, "signature")),
        event=_event(_member(report, "event-data")),
        body=report,
    )


def _event(data: Any) -> MailgunEvent | None:
    kind = _text(_member(data, "event"))
    if not kind:
        return None
    return MailgunEvent(
        id=_text(_member(data, "id")),
        type=kind.lower(),
        at=_instant(_member(data, "timestamp")),
        receipt_id=_text(_member(data, "message", "headers", "message-id")).strip("<>"),
        severity=_text(_member(data, "severity")).lower(),
        reason=_text(_member(data, "delivery-status", "description")) or _text(_member(data, "reason")),
    )


def _member(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _raw_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _text(value: Any) -> str:
    return _NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", _raw_text(value).strip())[:_LONGEST]


def _instant(value: Any) -> datetime | None:
    """Unix seconds, with or without a fraction, as a number or a text."""
    try:
        found = None if isinstance(value, bool) else datetime.fromtimestamp(float(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return found if found is not None and found > _EPOCH else None


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits)


def _refuse(literal: str) -> NoReturn:
    raise ValueError(f"{literal} is not JSON")
