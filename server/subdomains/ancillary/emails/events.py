"""What happens to mails. Whoever queued one knows it by its message id or its tags; what it says stays out."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class _EmailEvent(DomainEvent):
    email_delivery_id: str
    message_id: str
    organization_id: str | None
    tags: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDeliveryCreated(_EmailEvent):
    """A mail was taken on."""

    name: ClassVar[str] = "emails.email_delivery_created.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDetailsChanged(_EmailEvent):
    """What is to be sent was set."""

    name: ClassVar[str] = "emails.email_details_changed.v1"

    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSendingAttempted(_EmailEvent):
    """It is about to be handed to the gateway."""

    name: ClassVar[str] = "emails.email_sending_attempted.v1"

    attempted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSendingFailed(_EmailEvent):
    """The gateway did not take it."""

    name: ClassVar[str] = "emails.email_sending_failed.v1"

    failed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSendingSucceeded(_EmailEvent):
    """The gateway took it."""

    name: ClassVar[str] = "emails.email_sending_succeeded.v1"

    receipt_id: str | None
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDeliveryConfirmed(_EmailEvent):
    """The gateway reports that it arrived."""

    name: ClassVar[str] = "emails.email_delivery_confirmed.v1"

    receipt_id: str
    delivered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDeliveryFailureConfirmed(_EmailEvent):
    """The gateway reports that it could not be delivered. The reason names no address."""

    name: ClassVar[str] = "emails.email_delivery_failure_confirmed.v1"

    receipt_id: str
    failed_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailComplaintReceived(_EmailEvent):
    """The recipient reports it as spam."""

    name: ClassVar[str] = "emails.email_complaint_received.v1"

    receipt_id: str
    complained_at: datetime
