"""What is measured of the queues, by the workers."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from server.kernel.deliveries.messages import Queue
from server.kernel.telemetry.metrics import Counter, Gauge

DEPTH = Gauge("tenantry.queue.depth", "Messages that wait, by queue.", "{message}")
DEAD = Gauge("tenantry.queue.dead", "Dead letters, by queue.", "{message}")
LAG = Gauge("tenantry.queue.lag", "Age of the oldest message that waits, by queue.", "s")
ATTEMPTS = Counter("tenantry.queue.attempts", "Deliveries that were tried, by queue and outcome.", "{message}")

Depths = Callable[[], Awaitable[Sequence[Any]]]  # a row a queue: pending, dead, oldest_at


async def sample_queues(depths: Depths, now: datetime) -> None:
    """Read what waits."""
    rows = {row.queue: row for row in await depths()}
    for queue in Queue:
        row = rows.get(queue.value)
        oldest_at: datetime | None = row.oldest_at if row else None
        DEPTH.set(row.pending if row else 0, queue=queue.value)
        DEAD.set(row.dead if row else 0, queue=queue.value)
        LAG.set(max(0.0, (now - oldest_at).total_seconds()) if oldest_at else 0.0, queue=queue.value)
