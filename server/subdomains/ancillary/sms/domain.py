"""What is always true of an SMS: what was sent is not sent again, and a secret is not kept once it is on its way."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from server.kernel import ids
from server.kernel.events import DomainEvent
from server.subdomains.ancillary.dispatch import Dispatch, DispatchStatus
from server.subdomains.ancillary.sms.events import (
    SmsDeliveryConfirmed,
    SmsDeliveryCreated,
    SmsDeliveryFailureConfirmed,
    SmsDetailsChanged,
    SmsSendingAttempted,
    SmsSendingFailed,
    SmsSendingSucceeded,
)


@dataclass(slots=True, kw_only=True)
class SmsDelivery:
    """The aggregate. Made by :meth:`create`, or by the repository from its row."""

    aggregate_type: ClassVar[str] = "SmsDelivery"

    id: str
    organization_id: str | None
    created_at: datetime
    host_region: str
    is_sensitive: bool
    body: str
    to_phone_number: str
    tags: list[str]
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
        body: str,
        to_phone_number: str,
        tags: list[str],
    ) -> "SmsDelivery":
        """Take on an SMS."""
        delivery = cls(
            id=id,
            organization_id=organization_id,
            created_at=now,
            host_region=host_region,
            is_sensitive=is_sensitive,
            body=body,
            to_phone_number=to_phone_number,
            tags=tags,
        )
        delivery._happened(SmsDeliveryCreated)
        delivery._happened(SmsDetailsChanged)
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
        self._happened(SmsSendingAttempted, attempted_at=self.dispatch.attempt(now, lease))

    def fail(self, now: datetime) -> None:
        """The gateway did not take it."""
        self.dispatch.fail(now)
        self._happened(SmsSendingFailed, failed_at=now)

    def succeed(self, now: datetime, receipt_id: str | None) -> None:
        """The gateway took it."""
        self.dispatch.succeed(now, receipt_id)
        self._happened(SmsSendingSucceeded, receipt_id=receipt_id, sent_at=now)

    def confirm(self, delivered_at: datetime) -> None:
        """The gateway reports that it arrived."""
        if self.dispatch.confirm(delivered_at):
            self._happened(SmsDeliveryConfirmed, receipt_id=self.dispatch.receipt_id, delivered_at=delivered_at)

    def confirm_failure(self, failed_at: datetime, reason: str) -> None:
        """The gateway reports that it did not arrive."""
        if self.dispatch.confirm_failure(failed_at, reason):
            self._happened(
                SmsDeliveryFailureConfirmed,
                receipt_id=self.dispatch.receipt_id,
                failed_at=failed_at,
                reason=self.dispatch.delivery_failed_reason,
            )

    def _happened(self, event: type[DomainEvent], **facts: object) -> None:
        self.events.append(
            event(  # type: ignore[call-arg]
                sms_delivery_id=self.id,
                message_id=self.message_id,
                organization_id=self.organization_id,
                tags=self.tags,
                **facts,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSearch:
    """Which SMS somebody wants to see. What is ``None`` does not matter, and all of the tags must be there."""

    since_at: datetime
    until_at: datetime | None = None
    organization_id: str | None = None
    tags: list[str] = field(default_factory=list)
    status: DispatchStatus | None = None
    to_phone_number: str | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class ListedSms:
    """An SMS as lists show it: what was erased is empty, unless the gateway is our own and keeps it."""

    delivery: SmsDelivery
    body: str
    is_redacted: bool
