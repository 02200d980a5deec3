"""Carries out everything that is pending, here and now: for tests and testing builds."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from server.kernel import ids
from server.kernel.access.caller import current_call, service_call, set_current_call
from server.kernel.deliveries.engines import QueueEngine
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Outcome
from server.kernel.subdomain import Carrier

_WAIT_SECONDS = 0.05


async def drain(engine: QueueEngine, carriers: Mapping[Queue, Carrier], queue: Queue) -> tuple[int, int]:
    """
    Try every message of *queue* once, those that wait for a retry included, and say how many were delivered and how
    many failed. Messages that a worker holds are waited for.
    """
    carrier = carriers[queue]
    tried: set[UUID] = set()
    delivered = failed = 0
    set_current_call(service_call(current_call().request_id))
    while True:
        lease = ids.uuid7()
        claimed = await engine.claim_untried(queue, carrier.batch_size, lease, tried)
        if not claimed:
            if not await engine.is_leased(queue, tried):
                return delivered, failed
            await asyncio.sleep(_WAIT_SECONDS)
            continue
        tried.update(each.id for each in claimed)
        results = await carrier.carry(carrier.pack(claimed))
        await engine.settle(queue, claimed, results, lease)
        done = sum(result.outcome is Outcome.DELIVERED for result in results)
        delivered, failed = delivered + done, failed + len(results) - done
