"""The use cases of audits: one public method each, in the order of the contract."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from server.kernel import ids
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader
from server.kernel.deliveries.carrying import deliver_together
from server.kernel.deliveries.envelope import Received
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Result
from server.kernel.lists import Lists, Ordering, Page, Paged
from server.kernel.subdomain import Drain, Platform
from server.subdomains.ancillary.audits.domain import Audit, Search
from server.subdomains.ancillary.audits.repository import AuditReader, AuditRepository, audit_of

AUDIT_ORDERING = Ordering(("created_at", "audit_code"), "created_at")


class AuditsApplication:
    """What can be done with audits."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        lists: Lists,
        drain: Drain,
        host_region: str,
        now: Clock,
    ) -> None:
        self._begin = begin
        self._audits = AuditReader(reader)
        self._lists = lists
        self._drain = drain
        self._host_region = host_region
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "AuditsApplication":
        return cls(
            begin=platform.begin,
            reader=platform.reader,
            lists=platform.lists,
            drain=platform.drain,
            host_region=platform.database.host_region,
            now=platform.clock,
        )

    async def deliver_audits(self, messages: Sequence[str]) -> list[Result]:
        """Store queued audits; those that are stored already count as delivered."""
        return await deliver_together(messages, self._accept, self._store)

    async def list_audits(self, *, since_at: datetime, organization_id: str | None, page: Page) -> Paged:
        """The audits of all organizations, or of one."""
        return self._paged(
            page, await self._audits.list_audits(page, since_at=since_at, organization_id=organization_id)
        )

    async def deliver_all_audits(self) -> tuple[int, int]:
        """Carry out everything pending, and say how many were delivered and how many failed."""
        return await self._drain(Queue.AUDITS)

    async def search_audits(self, search: Search, page: Page) -> Paged:
        """The audits that an operator looks for."""
        return self._paged(page, await self._audits.search_audits(page, search))

    async def export_audits(
        self, search: Search, after: tuple[datetime, str] | None
    ) -> AsyncIterator[tuple[Sequence[Audit], tuple[datetime, str]]]:
        """
        All that a search would find, oldest first, a batch at a time, each with its position.

        Between two batches nothing is held: no connection, no snapshot, no more than the batch.
        """
        while audits := await self._audits.next_audits(search, after):
            after = (audits[-1].created_at, audits[-1].id)
            yield audits, after

    def _paged(self, page: Page, rows: Sequence[Any]) -> Paged:
        paged = self._lists.paged(page, rows, lambda row: (getattr(row, page.field), row.id))
        return Paged([audit_of(row) for row in paged.items], paged.next_page_token, paged.total_size)

    def _accept(self, message: Received) -> Audit:
        return Audit.record(
            id=ids.encode("audit", message.key),
            created_at=message.queued_at(self._now()),
            organization_id=message.organization_id,
            against_id=message.body.text("AgainstId"),
            audit_code=message.body.text("AuditCode"),
            message_template=message.body.text("MessageTemplate"),
            template_arguments=message.body.texts("Arguments"),
            host_region=self._host_region,
        )

    async def _store(self, audits: Sequence[Audit]) -> None:
        async with self._begin() as uow:
            await AuditRepository(uow).add_new(audits)
