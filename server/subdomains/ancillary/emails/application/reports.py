"""What becomes of mails after the gateway has taken them, as it reports it: one public method a use case."""

from datetime import datetime, timedelta

from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, UnitOfWork
from server.kernel.webhooks import Nonce, WebhookNotification, Webhooks, WebhookSignatureInvalid, WebhookStale
from server.subdomains.ancillary.audits.api import RefusalAudits
from server.subdomains.ancillary.emails.adapters.mailgun_reports import MailgunEvent, MailgunReport, read_report
from server.subdomains.ancillary.emails.domain import EmailDelivery
from server.subdomains.ancillary.emails.repository import EmailRepository

_SOURCE = "mailgun_email"
_FRESH = timedelta(minutes=5)


class EmailReports:
    """Notes what is reported. A receipt that nobody knows changes nothing."""

    def __init__(
        self, *, begin: OpenUnitOfWork, webhooks: Webhooks, forgeries: RefusalAudits, signing_key: str, now: Clock
    ) -> None:
        self._begin = begin
        self._webhooks = webhooks
        self._forgeries = forgeries
        self._signing_key = signing_key
        self._now = now

    async def notify_mailgun_event(self, body: bytes) -> None:
        """
        Process a report of Mailgun.

        Raises:
            WebhookBodyInvalid: It is not JSON.
            WebhookSignatureInvalid, WebhookStale, WebhookReplayed: It does not come from Mailgun, now and for the first
                time.
        """
        report = read_report(body)
        await self._check_signature(report)
        signed_at = report.signed_at
        if signed_at is None or abs(self._now() - signed_at) > _FRESH:
            raise WebhookStale
        # As long as it is fresh, and a moment more.
        nonce = Nonce(source=_SOURCE, value=report.token, expires_at=signed_at + _FRESH + timedelta(seconds=1))
        event = report.event
        if event is None:
            await self._webhooks.ignore(nonce)
            return
        notification = WebhookNotification(
            source=_SOURCE, event_id=event.id or report.token, event_type=event.type, body=report.body
        )
        await self._webhooks.process(notification, lambda uow: self._process(uow, event), nonce=nonce)

    async def confirm_email_delivered(self, receipt_id: str, delivered_at: datetime | None) -> None:
        """Note that the gateway has delivered a mail, now or then."""
        async with self._begin() as uow:
            await self._confirm(uow, receipt_id, delivered_at or self._now())

    async def confirm_email_delivery_failed(self, receipt_id: str, failed_at: datetime | None, reason: str) -> None:
        """Note that the gateway could not deliver a mail, now or then."""
        async with self._begin() as uow:
            await self._confirm_failure(uow, receipt_id, failed_at or self._now(), reason)

    async def _check_signature(self, report: MailgunReport) -> None:
        if not self._signing_key:
            raise WebhookSignatureInvalid
        if not report.is_signed_with(self._signing_key):
            forgery = WebhookSignatureInvalid()
            await self._forgeries.record(forgery)
            raise forgery

    async def _process(self, uow: UnitOfWork, event: MailgunEvent) -> None:
        at = event.at or self._now()
        if event.is_delivered:
            await self._confirm(uow, event.receipt_id, at)
        elif event.is_failed_for_good:
            await self._confirm_failure(uow, event.receipt_id, at, event.reason)
        elif event.is_complaint:
            await self._complain(uow, event.receipt_id, at)

    async def _confirm(self, uow: UnitOfWork, receipt_id: str, delivered_at: datetime) -> None:
        emails = EmailRepository(uow)
        delivery = await emails.find_by_receipt(receipt_id)
        if delivery is not None:
            delivery.confirm(delivered_at)
            await _save(emails, delivery)

    async def _confirm_failure(self, uow: UnitOfWork, receipt_id: str, failed_at: datetime, reason: str) -> None:
        emails = EmailRepository(uow)
        delivery = await emails.find_by_receipt(receipt_id)
        if delivery is not None:
            delivery.confirm_failure(failed_at, reason)
            await _save(emails, delivery)

    async def _complain(self, uow: UnitOfWork, receipt_id: str, complained_at: datetime) -> None:
        emails = EmailRepository(uow)
        delivery = await emails.find_by_receipt(receipt_id)
        if delivery is not None:
            delivery.complain(complained_at)
            await _save(emails, delivery)


async def _save(emails: EmailRepository, delivery: EmailDelivery) -> None:
    if delivery.events:  # else it was no news
        await emails.save(delivery)
