"""Sending mails and looking for them: one public method a use case, in the order of the contract."""

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
from server.subdomains.ancillary.emails.domain import EmailDelivery, EmailSearch
from server.subdomains.ancillary.emails.errors import (
    EmailExists,
    EmailGatewayFailed,
    EmailGatewayRefused,
    EmailTemplateUnsupported,
    InvalidEmailAddress,
)
from server.subdomains.ancillary.emails.ports import EmailGateway
from server.subdomains.ancillary.emails.queued import QueuedEmail, read_email
from server.subdomains.ancillary.emails.repository import EmailReader, EmailRepository, listed_of

EMAIL_ORDERING = Ordering(("created_at", "sent_at"), "created_at")
_MOST_AT_GATEWAY = 10


class EmailsApplication:
    """What can be done with mails."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        reader: Reader,
        lists: Lists,
        gateway: EmailGateway,
        drain: Drain,
        lease: timedelta,
        host_region: str,
        now: Clock,
    ) -> None:
        self._begin = begin
        self._emails = EmailReader(reader)
        self._lists = lists
        self._gateway = gateway
        self._drain = drain
        self._lease = lease
        self._host_region = host_region
        self._now = now

    async def deliver_emails(self, messages: Sequence[str]) -> list[Result]:
        """Hand queued mails to the gateway, a few at once; those that were sent already count as delivered."""
        return await deliver_each(messages, read_email, self._deliver, at_once=_MOST_AT_GATEWAY)

    async def deliver_emails_in_order(self, messages: Sequence[str]) -> list[Result]:
        """The same, one after the other."""
        return await deliver_each(messages, read_email, self._deliver, at_once=1)

    def violations_of_tags(self, tags: Sequence[str]) -> Iterator[Violation]:
        """What is wrong with tags that are looked for."""
        for number, tag in enumerate(tags):
            if not is_tag(tag):
                yield Violation(f"tags[{number}]", InvalidTag.reason, InvalidTag.message)

    def violations_of_recipient(self, to_email_address: str) -> Iterator[Violation]:
        """What is wrong with an address that is looked for. An empty one is not."""
        if to_email_address and values.email(to_email_address) is None:
            yield Violation("to_email_address", InvalidEmailAddress.reason, "must be an e-mail address")

    async def search_emails(self, search: EmailSearch, page: Page) -> Paged:
        """The mails of all organizations, or of one, that are looked for."""
        rows = await self._emails.search_emails(page, search)
        paged = self._lists.paged(page, rows, lambda row: (getattr(row, page.field), row.id))
        return Paged([listed_of(row) for row in paged.items], paged.next_page_token, paged.total_size)

    async def deliver_all_emails(self) -> tuple[int, int]:
        """Carry out everything pending, and say how many were delivered and how many failed."""
        return await self._drain(Queue.EMAILS)

    async def _deliver(self, email: QueuedEmail) -> None:
        delivery = await self._attempt(email)
        if delivery.dispatch.is_sent:
            return
        try:
            receipt_id = await self._gateway.send(email.mail)
        except (EmailGatewayFailed, EmailGatewayRefused, EmailTemplateUnsupported):
            delivery.fail(self._now())
            await self._save(delivery)
            raise
        delivery.succeed(self._now(), receipt_id)
        # What the gateway has taken must be known, whatever becomes of this call.
        await asyncio.shield(self._save(delivery))

    async def _attempt(self, email: QueuedEmail) -> EmailDelivery:
        """The attempt is saved before the gateway is called, so that of two workers one sends."""
        delivery = EmailDelivery.create(
            id=ids.with_prefix("emaildelivery", email.mail.message_id),
            organization_id=email.organization_id,
            now=self._now(),
            host_region=self._host_region,
            is_sensitive=email.is_sensitive,
            details=email.details,
        )
        delivery.attempt(self._now(), self._lease)
        try:
            async with self._begin() as uow:
                await EmailRepository(uow).add(delivery)
        except EmailExists:
            return await self._attempt_again(delivery.id)
        return delivery

    async def _attempt_again(self, delivery_id: str) -> EmailDelivery:
        async with self._begin() as uow:
            emails = EmailRepository(uow)
            delivery = await emails.get(delivery_id)
            if not delivery.dispatch.is_sent:
                delivery.attempt(self._now(), self._lease)
                await emails.save(delivery)
        return delivery

    async def _save(self, delivery: EmailDelivery) -> None:
        async with self._begin() as uow:
            await EmailRepository(uow).save(delivery)
