"""What Mailgun reports, and what became of it."""

import hashlib
import hmac
import itertools
import json
import secrets
import time
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from tenantry.emails.v1.emails_service_pb2 import NotifyMailgunEventRequest
from tenantry.emails.v1.emails_service_pb2_grpc import EmailsServiceStub

from server.kernel import ids
from tests.harness import Metadata, Running

ADDRESS = "x-envoy-external-address"
_addresses = itertools.count(1)
SIGNING_KEY = "4c8f0b8e9d1a2b3c4d5e6f708192a3b4"


def report(
    event: Any = "delivered",
    *,
    receipt_id: str = "",
    at: float | str | None = None,
    key: str = SIGNING_KEY,
    without: str = "",
    **data: Any,
) -> dict[str, Any]:
    """What Mailgun posts about a mail, signed as its documentation says. *data* are members of ``event-data``."""
    timestamp = at if isinstance(at, str) else str(int(time.time() if at is None else at))
    token = secrets.token_hex(25)
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    signed = {"timestamp": timestamp, "token": token, "signature": signature}
    about = {
        "id": ids.new_id("event"),
        "event": event,
        "timestamp": 1521243339.873676,
        "log-level": "info",
        "message": {"headers": {"message-id": receipt_id, "to": "ada@example.com"}, "attachments": [], "size": 111},
        "recipient": "ada@example.com",
        "tags": ["welcome"],
        **data,
    }
    return {"signature": {name: value for name, value in signed.items() if name != without}, "event-data": about}


async def notify(server: Running, body: Any, metadata: Metadata = ()) -> None:
    """Report to *server*: the JSON of a value, or any bytes. Each from an address of its own, if none is given."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = NotifyMailgunEventRequest(content=HttpBody(content_type="application/json", data=data))
    address = () if any(name == ADDRESS for name, _ in metadata) else ((ADDRESS, f"192.0.2.{next(_addresses)}"),)
    await EmailsServiceStub(server.channel).NotifyMailgunEvent(request, metadata=(*metadata, *address))


async def stored(server: Running, body: dict[str, Any]) -> list[Any]:
    """What is kept of the event of a report."""
    sql = "SELECT * FROM kernel.webhook_notification WHERE event_id = $1"
    return await server.rows(sql, body["event-data"]["id"])


async def audits(server: Running) -> list[dict[str, Any]]:
    """The audits of refused reports that are queued."""
    return [json.loads(text) for text in await server.queued("audits", "Authentication.Mailgun.Failed")]
