"""Carries out everything that is pending, here and now: for tests and testing builds."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from server.kernel import ids
from server.kernel.access.caller import current_call, service_call, set_current_call
from server.kernel.deliveries.batches import batches_of
from server.kernel.deliveries.engine import Claimed, Untried
from server.kernel.deliveries.engines import QueueEngine
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.deliveries.servers import Elsewhere
from server.kernel.subdomain import Carrier

_WAIT_SECONDS = 0.05
_SECONDS_ELSEWHERE = 10.0


async def drain(
    engine: QueueEngine,
    carriers: Mapping[Queue, Carrier],
    queue: Queue,
    *,
    elsewhere: Elsewhere | None = None,
    subscriptions: Sequence[str] = (),
    most_rounds: int | None = None,
) -> tuple[int, int]:
    """
    Try every message of *queue* once, those that wait for a retry included, and say how many were delivered and how
    many failed. Messages that a worker holds are waited for.

    *subscriptions* take their turns. With *most_rounds*, what is queued meanwhile waits for the next round, and after
    the last one stays.
    """
    set_current_call(service_call(current_call().request_id))
    draining = _Draining(engine, carriers[queue], elsewhere)
    rounds = 0
    while most_rounds is None or rounds < most_rounds:
        rounds += 1
        before = draining.count
        end = Untried() if most_rounds is None else Untried(before=ids.uuid7())
        for subscription in subscriptions or (None,):
            await draining.carry_out(Untried(draining.tried, subscription, end.before))
        if most_rounds is None or draining.count == before:
            break
    return draining.delivered, draining.count - draining.delivered


class _Draining:
    def __init__(self, engine: QueueEngine, carrier: Carrier, elsewhere: Elsewhere | None) -> None:
        self._engine = engine
        self._carrier = carrier
        self._elsewhere = elsewhere
        self.tried: set[UUID] = set()
        self.count = 0
        self.delivered = 0

    async def carry_out(self, untried: Untried) -> None:
        """Try each message of those, until nobody holds one."""
        engine, carrier = self._engine, self._carrier
        while True:
            lease = ids.uuid7()
            claimed = await engine.claim_untried(carrier.queue, carrier.batch_size, lease, untried)
            if not claimed:
                if not await engine.is_leased(carrier.queue, untried):
                    return
                await asyncio.sleep(_WAIT_SECONDS)
                continue
            self.tried.update(each.id for each in claimed)
            here, others = self._elsewhere.part(claimed) if self._elsewhere else (claimed, [])
            for server, batch in others:
                for part in batches_of(batch):
                    await self._settle(part, await server.call(carrier, part, _SECONDS_ELSEWHERE), lease)
            if here:
                await self._settle(here, await carrier.carry(carrier.pack(here)), lease)

    async def _settle(self, claimed: Sequence[Claimed], results: Sequence[Result], lease: UUID) -> None:
        await self._engine.settle(self._carrier.queue, claimed, results, lease)
        self.count += len(results)
        self.delivered += sum(result.outcome is Outcome.DELIVERED for result in results)
