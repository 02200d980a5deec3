"""Queues and results of deliveries as the contracts say them."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration
from tenantry.deliveries.v1 import types_pb2

from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Outcome, Result

QUEUE_KINDS = {
    Queue.AUDITS: types_pb2.QUEUE_KIND_AUDITS,
    Queue.EMAILS: types_pb2.QUEUE_KIND_EMAILS,
    Queue.SMS: types_pb2.QUEUE_KIND_SMS,
    Queue.USAGES: types_pb2.QUEUE_KIND_USAGES,
    Queue.PROVISIONINGS: types_pb2.QUEUE_KIND_PROVISIONINGS,
    Queue.DOMAIN_EVENTS: types_pb2.QUEUE_KIND_DOMAIN_EVENTS,
    Queue.JOBS: types_pb2.QUEUE_KIND_JOBS,
    Queue.WEBHOOKS: types_pb2.QUEUE_KIND_WEBHOOKS,
}
QUEUES = {number: queue for queue, number in QUEUE_KINDS.items()}

_OUTCOMES = {
    Outcome.DELIVERED: types_pb2.DELIVERY_OUTCOME_DELIVERED,
    Outcome.RETRY_LATER: types_pb2.DELIVERY_OUTCOME_RETRY_LATER,
    Outcome.REFUSED: types_pb2.DELIVERY_OUTCOME_REFUSED,
}


def encode_texts(texts: Sequence[Any]) -> bytes:
    """The request in which most receivers take messages."""
    return types_pb2.DeliveryBatch(messages=texts).SerializeToString()


def to_proto(results: Iterable[Result]) -> list[types_pb2.DeliveryResult]:
    """The results of a batch, for the response."""
    return [
        types_pb2.DeliveryResult(
            message_id=result.message_id,
            outcome=_OUTCOMES[result.outcome],
            reason=result.reason,
            description=result.description,
            retry_after=_duration(result.retry_after),
            is_put_off=result.is_put_off,
        )
        for result in results
    ]


def _duration(value: timedelta | None) -> Duration | None:
    if value is None:
        return None
    found = Duration()
    found.FromTimedelta(value)
    return found
