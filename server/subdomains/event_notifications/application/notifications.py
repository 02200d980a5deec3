"""The use cases of the bus: events are handed over, listed, and all delivered at once."""

from collections.abc import Sequence
from datetime import timedelta

from server.kernel.bus.bus import Bus
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Result
from server.kernel.lists import Lists, Ordering, Page, Paged
from server.kernel.subdomain import Drain, Platform
from server.subdomains.event_notifications.application.handling import Handling
from server.subdomains.event_notifications.domain import NotificationStatus
from server.subdomains.event_notifications.repository.reading import (
    NotificationReader,
    forget_older_than,
    notification_of,
)

NOTIFICATION_ORDERING = Ordering(("created_at",), "created_at")
_MOST_ROUNDS = 4
_MOST_BATCHES = 20


class NotificationsApplication:
    """What is done with domain events."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        lists: Lists,
        drain: Drain,
        bus: Bus,
        now: Clock,
        retention: timedelta,
    ) -> None:
        self._begin = begin
        self._handling = Handling(begin, reader, bus, now)
        self._notifications = NotificationReader(reader)
        self._lists = lists
        self._drain = drain
        self._bus = bus
        self._now = now
        self._retention = retention

    @classmethod
    def of(cls, platform: Platform, retention: timedelta) -> "NotificationsApplication":
        return cls(
            begin=platform.begin,
            reader=platform.reader,
            lists=platform.lists,
            drain=platform.drain,
            bus=platform.bus,
            now=platform.clock,
            retention=retention,
        )

    async def notify_domain_events(self, notifications: Sequence[tuple[str, str]]) -> list[Result]:
        """Hand messages, each with the name of its subscription, to their consumers."""
        return await self._handling.hand_over(notifications)

    async def list_event_notifications(
        self,
        *,
        subscription: str,
        event_type: str,
        stream_name: str,
        status: NotificationStatus | None,
        page: Page,
    ) -> Paged:
        """What has become of events, in every subscription or in one."""
        rows = await self._notifications.list_notifications(
            page, subscription=subscription, event_type=event_type, stream_name=stream_name, status=status
        )
        paged = self._lists.paged(page, rows, lambda row: (getattr(row, page.field), row.key))
        return Paged([notification_of(row) for row in paged.items], paged.next_page_token, paged.total_size)

    async def deliver_all_domain_events(self) -> tuple[int, int]:
        """Deliver everything pending, and say how many were delivered and how many failed."""
        return await self._drain(Queue.DOMAIN_EVENTS, subscriptions=self._bus.names, most_rounds=_MOST_ROUNDS)

    async def forget_old(self) -> None:
        """Delete notifications that are older than they are kept. What is left over waits for the next time."""
        until = self._now() - self._retention
        for _ in range(_MOST_BATCHES):
            async with self._begin() as uow:
                has_more = await forget_older_than(uow, until)
            if not has_more:
                return
