"""What is always true of a mail: each attempt is known before it is made, and what was sent is not sent again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from server.kernel import ids
from server.kernel.events import DomainEvent
from server.subdomains.ancillary.emails.errors import DeliveryInProgress
from server.subdomains.ancillary.emails.events import (
    EmailDeliveryCreated,
    EmailDetailsChanged,
    EmailSendingAttempted,
    EmailSendingFailed,
    EmailSendingSucceeded,
)

_TAG = re.compile(r"[\w\d_.\-]{3,100}")


def is_tag(text: str) -> bool:
    """Whether *text* may mark a mail."""
    return _TAG.fullmatch(text) is not None


class EmailContentType(StrEnum):
    """Who writes the mail: we, or the gateway from a template."""

    HTML = "html"
    TEMPLATED = "templated"


class EmailStatus(StrEnum):
    """Where a mail stands."""

    CREATED = "created"
    SENDING_FAILED = "sending_failed"
    SENT = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDetails:
    """What is sent, and to whom."""

    content_type: EmailContentType
    subject: str
    body: str
    template_id: str | None
    substitutions: Mapping[str, str]
    to_email_address: str
    to_display_name: str
    tags: list[str]


@dataclass(slots=True, kw_only=True)
class EmailDelivery:
    """The aggregate. Made by :meth:`create`, or by the repository from its row."""

    aggregate_type: ClassVar[str] = "EmailDelivery"

    id: str
    organization_id: str | None
    created_at: datetime
    host_region: str
    is_sensitive: bool
    details: EmailDetails
    attempted_at: list[datetime] = field(default_factory=list)
    sending_until: datetime | None = None  # while somebody is at the gateway with it
    sent_at: datetime | None = None
    receipt_id: str | None = None
    send_failed_at: datetime | None = None
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @classmethod
    def create(
        cls,
        *,
        id: str,
        organization_id: str | None,
        now: datetime,
        host_region: str,
        is_sensitive: bool,
        details: EmailDetails,
    ) -> "EmailDelivery":
        """Take on a mail."""
        delivery = cls(
            id=id,
            organization_id=organization_id,
            created_at=now,
            host_region=host_region,
            is_sensitive=is_sensitive,
            details=details,
        )
        delivery._happened(EmailDeliveryCreated)
        delivery._happened(EmailDetailsChanged, content_type=details.content_type.value)
        return delivery

    @property
    def message_id(self) -> str:
        """The id of the message that asked for it."""
        return ids.with_prefix("msg", self.id)

    @property
    def is_sent(self) -> bool:
        """Whether the gateway has taken it."""
        return self.sent_at is not None

    @property
    def is_erased(self) -> bool:
        """Whether what it said is not kept: it held a secret, and is on its way."""
        return self.is_sensitive and self.is_sent

    @property
    def status(self) -> EmailStatus:
        """Where it stands."""
        if self.is_sent:
            return EmailStatus.SENT
        return EmailStatus.CREATED if self.send_failed_at is None else EmailStatus.SENDING_FAILED

    def attempt(self, now: datetime, lease: timedelta) -> None:
        """
        Go to the gateway, and keep others from it for as long as the lease.

        Raises:
            DeliveryInProgress: Somebody else is there.
        """
        if self.sending_until is not None and now < self.sending_until:
            raise DeliveryInProgress
        if self.attempted_at:
            now = max(now, self.attempted_at[-1] + datetime.resolution)
        self.attempted_at = [*self.attempted_at, now]
        self.sending_until = now + lease
        self._happened(EmailSendingAttempted, attempted_at=now)

    def fail(self, now: datetime) -> None:
        """The gateway did not take it."""
        self.send_failed_at, self.sending_until = now, None
        self._happened(EmailSendingFailed, failed_at=now)

    def succeed(self, now: datetime, receipt_id: str | None) -> None:
        """The gateway took it."""
        self.sent_at, self.receipt_id, self.sending_until = now, receipt_id, None
        self._happened(EmailSendingSucceeded, receipt_id=receipt_id, sent_at=now)

    def _happened(self, event: type[DomainEvent], **facts: object) -> None:
        self.events.append(
            event(  # type: ignore[call-arg]
                email_delivery_id=self.id,
                message_id=self.message_id,
                organization_id=self.organization_id,
                tags=self.details.tags,
                **facts,
            )
        )


@dataclass(frozen=True, slots=True)
class ListedEmail:
    """A mail as lists show it: what was erased is empty, unless the gateway is our own and keeps it."""

    delivery: EmailDelivery
    body: str
    is_redacted: bool
