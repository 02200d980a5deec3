"""Sending SMS and looking for them: one public method a use case, in the order of the contract."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta

from server.kernel import ids, values
from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, Reader
from server.kernel.deliveries.carrying import deliver_each
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Result
from server.kernel.errors import Violation
from server.kernel.lists import Lists, Ordering, Page, Paged
from server.kernel.subdomain import Drain
from server.subdomains.ancillary.dispatch import InvalidTag, is_tag
from server.subdomains.ancillary.sms.domain import SmsDelivery, SmsSearch
from server.subdomains.ancillary.sms.errors import InvalidPhoneNumber, SmsExists, SmsGatewayFailed, SmsGatewayRefused
from server.subdomains.ancillary.sms.ports import SmsGateway
from server.subdomains.ancillary.sms.queued import QueuedSms, read_sms
from server.subdomains.ancillary.sms.repository import SmsReader, SmsRepository, listed_of

SMS_ORDERING = Ordering(("created_at", "sent_at"), "created_at")
_MOST_AT_GATEWAY = 10


class SmsApplication:
    """What can be done with SMS."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        lists: Lists,
        gateway: SmsGateway,
        drain: Drain,
        lease: timedelta,
        host_region: str,
        now: Clock,
    ) -> None:
        self._begin = begin
        self._sms = SmsReader(reader)
        self._lists = lists
        self._gateway = gateway
        self._drain = drain
        self._lease = lease
        self._host_region = host_region
        self._now = now

    async def deliver_sms(self, messages: Sequence[str]) -> list[Result]:
        """Hand queued SMS to the gateway, a few at once; those that were sent already count as delivered."""
        return await deliver_each(messages, read_sms, self._deliver, at_once=_MOST_AT_GATEWAY)

    async def deliver_sms_in_order(self, messages: Sequence[str]) -> list[Result]:
        """The same, one after the other."""
        return await deliver_each(messages, read_sms, self._deliver, at_once=1)

    def violations_of_tags(self, tags: Sequence[str]) -> Iterator[Violation]:
        """What is wrong with tags that are looked for."""
        for number, tag in enumerate(tags):
            if not is_tag(tag):
                yield Violation(f"tags[{number}]", InvalidTag.reason, InvalidTag.message)

    def violations_of_recipient(self, to_phone_number: str) -> Iterator[Violation]:
        """What is wrong with a number that is looked for. An empty one is not."""
        if to_phone_number and values.phone(to_phone_number) is None:
            yield Violation("to_phone_number", InvalidPhoneNumber.reason, "must be international, starting with +")

    async def search_sms(self, search: SmsSearch, page: Page) -> Paged:
        """The SMS of all organizations, or of one, that are looked for."""
        rows = await self._sms.search_sms(page, search)
        paged = self._lists.paged(page, rows, lambda row: (getattr(row, page.field), row.id))
        return Paged([listed_of(row) for row in paged.items], paged.next_page_token, paged.total_size)

    async def deliver_all_sms(self) -> tuple[int, int]:
        """Carry out everything pending, and say how many were delivered and how many failed."""
        return await self._drain(Queue.SMS)

    async def _deliver(self, queued: QueuedSms) -> None:
        delivery = await self._attempt(queued)
        if delivery.dispatch.is_sent:
            return
        try:
            receipt_id = await self._gateway.send(queued.sms)
        except (SmsGatewayFailed, SmsGatewayRefused):
            delivery.fail(self._now())
            await self._save(delivery)
            raise
        delivery.succeed(self._now(), receipt_id)
        # What the gateway has taken must be known, whatever becomes of this call.
        await asyncio.shield(self._save(delivery))

    async def _attempt(self, queued: QueuedSms) -> SmsDelivery:
        """The attempt is saved before the gateway is called, so that of two workers one sends."""
        delivery = SmsDelivery.create(
            id=ids.with_prefix("smsdelivery", queued.sms.message_id),
            organization_id=queued.organization_id,
            now=self._now(),
            host_region=self._host_region,
            is_sensitive=queued.is_sensitive,
            body=queued.sms.body,
            to_phone_number=queued.sms.to_phone_number,
            tags=list(queued.sms.tags),
        )
        delivery.attempt(self._now(), self._lease)
        try:
            async with self._begin() as uow:
                await SmsRepository(uow).add(delivery)
        except SmsExists:
            return await self._attempt_again(delivery.id)
        return delivery

    async def _attempt_again(self, delivery_id: str) -> SmsDelivery:
        async with self._begin() as uow:
            repository = SmsRepository(uow)
            delivery = await repository.get(delivery_id)
            if not delivery.dispatch.is_sent:
                delivery.attempt(self._now(), self._lease)
                await repository.save(delivery)
        return delivery

    async def _save(self, delivery: SmsDelivery) -> None:
        async with self._begin() as uow:
            await SmsRepository(uow).save(delivery)
