"""Dead letters, as workers leave them behind."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from server.kernel import ids
from tests.harness import Running

_WRITE = """
    INSERT INTO kernel.delivery
        (id, queue, message, organization_id, queued_at, due_at, attempts, dead_at, reason, description, leased_until)
    VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10)
"""


async def write(server: Running, queue: str = "emails", *, age: int = 0, **row: Any) -> str:
    """A message that died so many minutes ago, unless ``dead`` is false."""
    key, died_at = ids.uuid7(), datetime.now(UTC) - timedelta(minutes=age)
    is_dead = row.get("dead", True)
    organization_id = row.get("organization_id")
    message = {
        "MessageId": ids.encode("msg", key),
        "CallId": "call-of-a-test",
        "CallerId": "user_00000000000000000000000001",
        "Html": {"Body": "https://example.com/?token=hush"},
    }
    await server.rows(
        _WRITE,
        key,
        queue,
        row.get("message", json.dumps(message)),
        ids.decode("org", organization_id) if organization_id else None,
        died_at - timedelta(hours=1),
        5 if is_dead else 0,
        died_at if is_dead else None,
        row.get("reason", "EMAIL_GATEWAY_FAILED") if is_dead else None,
        "nobody answers" if is_dead else None,
        row.get("leased_until"),
    )
    return ids.encode("msg", key)


async def audits(server: Running, code: str) -> list[list[str]]:
    """The arguments of the audits of this code that are queued."""
    return [json.loads(text)["Arguments"] for text in await server.queued("audits", f'"{code}"')]
