"""
What becomes of something that is handed to an outside gateway, and cannot be taken back: an SMS, say.

Each attempt is known before it is made, so that of two workers one sends; what the gateway has taken is not handed over
again; and what the gateway reports later counts as far as it is news.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from server.kernel.errors import Aborted, FailedPrecondition

_NO_REASON = "none"
_TAG = re.compile(r"[\w\d_.\-]{3,100}")


def is_tag(text: str) -> bool:
    """Whether whoever queues something may mark it with *text*."""
    return _TAG.fullmatch(text) is not None


class InvalidTag(FailedPrecondition):
    """A tag is none."""

    reason = "INVALID_TAG"
    message = "A tag must be 3 to 100 letters, digits, underscores, dots and hyphens."


class DeliveryInProgress(Aborted):
    """Somebody else is sending it."""

    reason = "DELIVERY_IN_PROGRESS"
    message = "Another delivery of this message is under way."


class DispatchStatus(StrEnum):
    """Where it stands."""

    CREATED = "created"
    SENDING_FAILED = "sending_failed"
    SENT = "sent"
    DELIVERED = "delivered"
    DELIVERY_FAILED = "delivery_failed"


@dataclass(slots=True, kw_only=True)
class Dispatch:
    """The part of an aggregate that knows how far it has come. Its fields are columns of the same names."""

    attempted_at: list[datetime] = field(default_factory=list)
    sending_until: datetime | None = None  # while somebody is at the gateway with it
    sent_at: datetime | None = None
    receipt_id: str | None = None
    send_failed_at: datetime | None = None
    delivered_at: datetime | None = None
    delivery_failed_at: datetime | None = None
    delivery_failed_reason: str | None = None

    @property
    def is_sent(self) -> bool:
        """Whether the gateway has taken it."""
        return self.sent_at is not None

    @property
    def is_delivered(self) -> bool:
        """Whether the gateway reported that it arrived."""
        return self.delivered_at is not None

    @property
    def is_delivery_failed(self) -> bool:
        """Whether the gateway reported that it did not arrive."""
        return self.delivery_failed_at is not None

    @property
    def status(self) -> DispatchStatus:
        """Where it stands."""
        if self.is_delivered:
            return DispatchStatus.DELIVERED
        if self.is_delivery_failed:
            return DispatchStatus.DELIVERY_FAILED
        if self.is_sent:
            return DispatchStatus.SENT
        return DispatchStatus.CREATED if self.send_failed_at is None else DispatchStatus.SENDING_FAILED

    def attempt(self, now: datetime, lease: timedelta) -> datetime:
        """
        Go to the gateway, keep others from it for as long as the lease, and return the time of the attempt.

        Raises:
            DeliveryInProgress: Somebody else is there.
        """
        # One that ends later than any lease can was given before the clock was put back.
        if self.sending_until is not None and now < self.sending_until <= now + 2 * lease:
            raise DeliveryInProgress
        self.sending_until = now + lease
        if self.attempted_at:
            now = max(now, self.attempted_at[-1] + datetime.resolution)
        self.attempted_at = [*self.attempted_at, now]
        return now

    def fail(self, now: datetime) -> None:
        """The gateway did not take it."""
        self.send_failed_at, self.sending_until = now, None

    def succeed(self, now: datetime, receipt_id: str | None) -> None:
        """The gateway took it."""
        self.sent_at, self.receipt_id, self.sending_until = now, receipt_id, None

    def confirm(self, delivered_at: datetime) -> bool:
        """Note that it arrived, which settles it whatever was reported before, and say whether that is news."""
        if not self.is_sent or self.is_delivered:
            return False
        self.delivered_at = delivered_at
        self.delivery_failed_at = self.delivery_failed_reason = None
        return True

    def confirm_failure(self, failed_at: datetime, reason: str) -> bool:
        """Note that it did not arrive, for whatever reason the gateway gives, and say whether that is news."""
        if not self.is_sent or self.is_delivered or self.is_delivery_failed:
            return False
        self.delivery_failed_at, self.delivery_failed_reason = failed_at, reason or _NO_REASON
        return True
