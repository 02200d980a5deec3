"""What is always true of a mail: what was sent is not sent again, and a secret is not kept once it is on its way."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from server.kernel import ids
from server.kernel.events import DomainEvent
from server.subdomains.ancillary.dispatch import Dispatch, DispatchStatus
from server.subdomains.ancillary.emails.events import (
    EmailComplaintReceived,
    EmailDeliveryConfirmed,
    EmailDeliveryCreated,
    EmailDeliveryFailureConfirmed,
    EmailDetailsChanged,
    EmailSendingAttempted,
    EmailSendingFailed,
    EmailSendingSucceeded,
)

_THE_ADDRESS = "(the recipient)"


class EmailContentType(StrEnum):
    """Who writes the mail: we, or the gateway from a template."""

    HTML = "html"
    TEMPLATED = "templated"


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
    dispatch: Dispatch = field(default_factory=Dispatch)
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
    def is_erased(self) -> bool:
        """Whether what it said is not kept: it held a secret, and is on its way."""
        return self.is_sensitive and self.dispatch.is_sent

    def attempt(self, now: datetime, lease: timedelta) -> None:
        """
        Go to the gateway, and keep others from it for as long as the lease.

        Raises:
            DeliveryInProgress: Somebody else is there.
        """
        self._happened(EmailSendingAttempted, attempted_at=self.dispatch.attempt(now, lease))

    def fail(self, now: datetime) -> None:
        """The gateway did not take it."""
        self.dispatch.fail(now)
        self._happened(EmailSendingFailed, failed_at=now)

    def succeed(self, now: datetime, receipt_id: str | None) -> None:
        """The gateway took it."""
        self.dispatch.succeed(now, receipt_id)
        self._happened(EmailSendingSucceeded, receipt_id=receipt_id, sent_at=now)

    def confirm(self, delivered_at: datetime) -> None:
        """The gateway reports that it arrived."""
        if self.dispatch.confirm(delivered_at):
            self._happened(EmailDeliveryConfirmed, receipt_id=self.dispatch.receipt_id, delivered_at=delivered_at)

    def confirm_failure(self, failed_at: datetime, reason: str) -> None:
        """The gateway reports that it did not arrive. It likes to name the address, which events must not."""
        if self.dispatch.confirm_failure(failed_at, reason):
            self._happened(
                EmailDeliveryFailureConfirmed,
                receipt_id=self.dispatch.receipt_id,
                failed_at=failed_at,
                reason=self._without_address(self.dispatch.delivery_failed_reason or ""),
            )

    def complain(self, complained_at: datetime) -> None:
        """The recipient reports it as spam."""
        if self.dispatch.is_sent:
            self._happened(EmailComplaintReceived, receipt_id=self.dispatch.receipt_id, complained_at=complained_at)

    def _without_address(self, text: str) -> str:
        return re.sub(re.escape(self.details.to_email_address), _THE_ADDRESS, text, flags=re.IGNORECASE)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSearch:
    """Which mails somebody wants to see. What is ``None`` does not matter, and all of the tags must be there."""

    since_at: datetime
    until_at: datetime | None = None
    organization_id: str | None = None
    tags: list[str] = field(default_factory=list)
    status: DispatchStatus | None = None
    to_email_address: str | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class ListedEmail:
    """A mail as lists show it: what was erased is empty, unless the gateway is our own and keeps it."""

    delivery: EmailDelivery
    body: str
    is_redacted: bool
