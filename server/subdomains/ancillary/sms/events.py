"""What happens to SMS. Whoever queued one knows it by its message id or its tags; what it says stays out."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from server.kernel.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class _SmsEvent(DomainEvent):
    sms_delivery_id: str
    message_id: str
    organization_id: str | None
    tags: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsDeliveryCreated(_SmsEvent):
    """An SMS was taken on."""

    name: ClassVar[str] = "sms.sms_delivery_created.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsDetailsChanged(_SmsEvent):
    """What is to be sent was set."""

    name: ClassVar[str] = "sms.sms_details_changed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSendingAttempted(_SmsEvent):
    """It is about to be handed to the gateway."""

    name: ClassVar[str] = "sms.sms_sending_attempted.v1"

    attempted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSendingFailed(_SmsEvent):
    """The gateway did not take it."""

    name: ClassVar[str] = "sms.sms_sending_failed.v1"

    failed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSendingSucceeded(_SmsEvent):
    """The gateway took it."""

    name: ClassVar[str] = "sms.sms_sending_succeeded.v1"

    receipt_id: str | None
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsDeliveryConfirmed(_SmsEvent):
    """The gateway reported that it arrived."""

    name: ClassVar[str] = "sms.sms_delivery_confirmed.v1"

    receipt_id: str
    delivered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsDeliveryFailureConfirmed(_SmsEvent):
    """The gateway reported that it did not arrive."""

    name: ClassVar[str] = "sms.sms_delivery_failure_confirmed.v1"

    receipt_id: str
    failed_at: datetime
    reason: str
