"""The use cases of usages: one public method each, in the order of the contract."""

from collections.abc import Sequence

from server.kernel.clock import Clock
from server.kernel.database import Reader
from server.kernel.deliveries.carrying import deliver_together
from server.kernel.deliveries.envelope import Received
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Result
from server.kernel.lists import Lists, Ordering, Page, Paged
from server.kernel.subdomain import Drain
from server.subdomains.ancillary.usages.domain import Search, Usage
from server.subdomains.ancillary.usages.errors import UsageGatewayRefused
from server.subdomains.ancillary.usages.ports import UsageGateway
from server.subdomains.ancillary.usages.repository import UsageReader, kept_of

USAGE_ORDERING = Ordering(("created_at", "event_name"), "created_at")


class UsagesApplication:
    """What can be done with usages."""

    def __init__(self, *, gateway: UsageGateway, reader: Reader, lists: Lists, drain: Drain, now: Clock) -> None:
        self._gateway = gateway
        self._usages = UsageReader(reader)
        self._lists = lists
        self._drain = drain
        self._now = now

    async def deliver_usages(self, messages: Sequence[str]) -> list[Result]:
        """Tell queued usages to the gateway, at once; those that were told already count as delivered."""
        results = await deliver_together(messages, self._accept, self._tell)
        if len(messages) == 1 or all(result.reason != UsageGatewayRefused.reason for result in results):
            return results
        # It refuses them together and does not say for whose sake: one message must not cost the others their place.
        middle = len(messages) // 2
        return [*await self.deliver_usages(messages[:middle]), *await self.deliver_usages(messages[middle:])]

    async def deliver_all_usages(self) -> tuple[int, int]:
        """Carry out everything pending, and say how many were delivered and how many failed."""
        return await self._drain(Queue.USAGES)

    async def search_usages(self, search: Search, page: Page) -> Paged:
        """The usages of the local store that an operator looks for."""
        rows = await self._usages.search_usages(page, search)
        paged = self._lists.paged(page, rows, lambda row: (getattr(row, page.field), row.id))
        return Paged([kept_of(row) for row in paged.items], paged.next_page_token, paged.total_size)

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

    async def _tell(self, usages: Sequence[Usage]) -> None:
        await self._gateway.tell([record for usage in usages for record in usage.records()])
