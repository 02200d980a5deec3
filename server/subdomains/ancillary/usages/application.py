"""The use cases of usages: one public method each, in the order of the contract."""

from collections.abc import Sequence

from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork
from server.kernel.deliveries.carrying import deliver_together
from server.kernel.deliveries.envelope import Received
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Result
from server.kernel.subdomain import Drain, Platform
from server.subdomains.ancillary.usages.domain import Usage
from server.subdomains.ancillary.usages.repository import UsageRepository


class UsagesApplication:
    """What can be done with usages."""

    def __init__(self, *, begin: OpenUnitOfWork, drain: Drain, now: Clock) -> None:
        self._begin = begin
        self._drain = drain
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "UsagesApplication":
        return cls(begin=platform.begin, drain=platform.drain, now=platform.clock)

    async def deliver_usages(self, messages: Sequence[str]) -> list[Result]:
        """Store queued usages; those that are stored already count as delivered."""
        return await deliver_together(messages, self._accept, self._store)

    async def deliver_all_usages(self) -> tuple[int, int]:
        """Carry out everything pending, and say how many were delivered and how many failed."""
        return await self._drain(Queue.USAGES)

    def _accept(self, message: Received) -> Usage:
        return Usage.receive(
            key=message.key,
            queued_at=message.queued_at(self._now()),
            organization_id=message.organization_id,
            origin_region=message.origin_region,
            for_id=message.body.text("ForId"),
            event_name=message.body.text("EventName"),
            additional=message.body.text_map("Additional"),
        )

    async def _store(self, usages: Sequence[Usage]) -> None:
        async with self._begin() as uow:
            await UsageRepository(uow).add_new([record for usage in usages for record in usage.records()])
