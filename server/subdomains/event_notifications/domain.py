"""What has become of one event in one subscription."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class NotificationStatus(StrEnum):
    """How far a subscription is with an event."""

    RECEIVED = "received"
    HANDLED = "handled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNotification:
    """One event, one subscription. A record, and no aggregate: it raises no events of its own."""

    event_id: str
    subscription: str
    root_aggregate_type: str
    root_id: str
    occurred_at: str
    event_type: str
    name: str
    data: Mapping[str, Any]
    stream_name: str
    version: int
    status: NotificationStatus
    attempts: int
    error_reason: str | None
    created_at: datetime
    handled_at: datetime | None
