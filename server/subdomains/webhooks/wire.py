"""Endpoints, attempts and kinds of events as the contract says them."""

from dataclasses import fields
from datetime import datetime
from typing import Any, cast

from google.protobuf.timestamp_pb2 import Timestamp
from tenantry.webhooks.v1 import webhook_pb2

from server.kernel.events import DomainEvent
from server.kernel.rpc.times import to_timestamp
from server.subdomains.webhooks.domain import DisabledReason, Failure, WebhookEndpoint

_REASONS = {
    None: webhook_pb2.WEBHOOK_DISABLED_REASON_UNSPECIFIED,
    DisabledReason.BY_OWNER: webhook_pb2.WEBHOOK_DISABLED_REASON_BY_OWNER,
    DisabledReason.GONE: webhook_pb2.WEBHOOK_DISABLED_REASON_GONE,
    DisabledReason.FAILING: webhook_pb2.WEBHOOK_DISABLED_REASON_FAILING,
}
_FAILURES = {
    None: webhook_pb2.WEBHOOK_FAILURE_UNSPECIFIED,
    Failure.STATUS: webhook_pb2.WEBHOOK_FAILURE_STATUS,
    Failure.TIMED_OUT: webhook_pb2.WEBHOOK_FAILURE_TIMED_OUT,
    Failure.CONNECTION: webhook_pb2.WEBHOOK_FAILURE_CONNECTION,
    Failure.TLS: webhook_pb2.WEBHOOK_FAILURE_TLS,
    Failure.NAME: webhook_pb2.WEBHOOK_FAILURE_NAME,
    Failure.FORBIDDEN_ADDRESS: webhook_pb2.WEBHOOK_FAILURE_FORBIDDEN_ADDRESS,
}


def endpoint_to_proto(
    endpoint: WebhookEndpoint, now: datetime, signing_secret: str | None
) -> webhook_pb2.WebhookEndpoint:
    """An endpoint, with its secret only when it is new."""
    has_old_secret = len(endpoint.secrets.in_force(now)) > 1
    return webhook_pb2.WebhookEndpoint(
        id=endpoint.id,
        organization_id=endpoint.organization_id,
        url=endpoint.url,
        description=endpoint.description,
        event_types=endpoint.event_types,
        is_enabled=endpoint.is_enabled,
        disabled_reason=_REASONS[endpoint.disabled_reason],
        disabled_at=_optional(endpoint.disabled_at),
        created_at=to_timestamp(endpoint.created_at),
        failing_since_at=_optional(endpoint.condition.failing_since_at),
        last_delivered_at=_optional(endpoint.condition.last_delivered_at),
        old_secret_until_at=_optional(endpoint.secrets.old_until) if has_old_secret else None,
        signing_secret=signing_secret,
    )


def attempt_to_proto(row: Any) -> webhook_pb2.WebhookAttempt:
    """An attempt, from its row."""
    return webhook_pb2.WebhookAttempt(
        id=row.id,
        endpoint_id=row.endpoint_id,
        event_id=row.event_id,
        event_type=row.event_type,
        attempted_at=to_timestamp(row.attempted_at),
        duration_milliseconds=row.duration_milliseconds,
        is_delivered=row.failure is None,
        http_status=row.http_status,
        failure=_FAILURES[row.failure],
    )


def health_to_proto(row: Any) -> webhook_pb2.WebhookEndpointHealth:
    """How an endpoint does, from its row."""
    return webhook_pb2.WebhookEndpointHealth(
        id=row.endpoint_id,
        organization_id=row.organization_id,
        created_at=to_timestamp(row.created_at),
        is_enabled=row.disabled_at is None,
        failing_since_at=_optional(row.failing_since_at),
        last_delivered_at=_optional(row.last_delivered_at),
        last_failed_at=_optional(row.last_failed_at),
        last_failure=_FAILURES[row.last_failure],
    )


def event_type_to_proto(kind: type[DomainEvent]) -> webhook_pb2.WebhookEventType:
    """A kind of event that may be sent."""
    return webhook_pb2.WebhookEventType(
        name=kind.name, description=_meaning(kind), fields=[field.name for field in fields(cast(Any, kind))]
    )


def _meaning(kind: type[DomainEvent]) -> str:
    written = (kind.__doc__ or "").strip()
    made_up = written.startswith(f"{kind.__name__}(")  # what a dataclass says of itself when nobody else does
    return "" if made_up else " ".join(written.split())


def _optional(value: datetime | None) -> Timestamp | None:
    return None if value is None else to_timestamp(value)
