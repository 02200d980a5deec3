"""Queued messages as texts, as any queue could hand them to a deliver operation; good ones, and bad ones."""

import json
from collections.abc import Sequence
from typing import Any

from tenantry.deliveries.v1.types_pb2 import (
    DELIVERY_OUTCOME_DELIVERED,
    DELIVERY_OUTCOME_REFUSED,
    DELIVERY_OUTCOME_RETRY_LATER,
    DeliveryResult,
)

from server.kernel import ids

DELIVERED, RETRY_LATER, REFUSED = "delivered", "retry later", "refused"
_OUTCOMES = {
    DELIVERY_OUTCOME_DELIVERED: DELIVERED,
    DELIVERY_OUTCOME_RETRY_LATER: RETRY_LATER,
    DELIVERY_OUTCOME_REFUSED: REFUSED,
}


def message(message_id: str | None = None, /, **members: Any) -> str:
    """The JSON of a message with a new id, or this one."""
    return json.dumps({"MessageId": message_id or ids.new_id("msg"), "CallId": "call-of-a-test", **members})


def outcomes(results: Sequence[DeliveryResult]) -> list[tuple[str, str]]:
    """What became of each message, and why."""
    return [(_OUTCOMES[result.outcome], result.reason) for result in results]


# Texts that no deliver operation can read, whatever its messages say, and why.
UNREADABLE = {
    "empty": ("", "INVALID_MESSAGE"),
    "too large": ('{"Filler": "' + "x" * 1024 * 1024 + '"}', "INVALID_MESSAGE"),
    "not JSON": ("{", "INVALID_QUEUED_MESSAGE"),
    "a word": ("audit", "INVALID_QUEUED_MESSAGE"),
    "blank": ("  ", "INVALID_QUEUED_MESSAGE"),
    "not a number": ('{"AuditCode": NaN}', "INVALID_QUEUED_MESSAGE"),
    "a list": ("[]", "INVALID_QUEUED_MESSAGE"),
    "null": ("null", "INVALID_QUEUED_MESSAGE"),
    "too deep": ("[" * 100_000, "INVALID_QUEUED_MESSAGE"),
    "an id that is a number": ('{"MessageId": 1}', "INVALID_QUEUED_MESSAGE"),
    "a sensitivity that is a text": (message(Sensitive="yes"), "INVALID_QUEUED_MESSAGE"),
    "a region that is an object": (message(OriginHostRegion={}), "INVALID_QUEUED_MESSAGE"),
    "a null character": (message(TenantId="\0"), "INVALID_QUEUED_MESSAGE"),
    "half a character": (message(CallId="\ud800"), "INVALID_QUEUED_MESSAGE"),
    "a malformed id": ('{"MessageId": "msg_1"}', "INVALID_MESSAGE_ID"),
    "an id of another kind": (message(ids.new_id("car")), "INVALID_MESSAGE_ID"),
    "a malformed organization": (message(TenantId="acme"), "INVALID_TENANT_ID"),
    "an organization of another kind": (message(TenantId=ids.new_id("user")), "INVALID_TENANT_ID"),
}
