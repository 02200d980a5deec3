"""What becomes of SMS after the gateway has taken them, as it reports it: one public method a use case."""

from collections.abc import Callable
from datetime import datetime

from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork, UnitOfWork
from server.kernel.webhooks import Webhooks, WebhookSignatureInvalid
from server.subdomains.ancillary.audits.api import RefusalAudits
from server.subdomains.ancillary.sms.adapters.twilio_reports import TwilioReport, TwilioReports
from server.subdomains.ancillary.sms.domain import SmsDelivery
from server.subdomains.ancillary.sms.repository import SmsRepository


class SmsReports:
    """Notes what is reported. A receipt that nobody knows, and what is no news, change nothing."""

    def __init__(
        self,
        *,
        begin: OpenUnitOfWork,
        webhooks: Webhooks,
        forgeries: RefusalAudits,
        twilio: TwilioReports | None,
        now: Clock,
    ) -> None:
        self._begin = begin
        self._webhooks = webhooks
        self._forgeries = forgeries
        self._twilio = twilio
        self._now = now

    async def notify_twilio_event(self, body: bytes, signature: str) -> None:
        """
        Process a report of Twilio.

        Raises:
            WebhookSignatureInvalid: Twilio did not sign it, or this server knows no account there.
        """
        if self._twilio is None:
            raise WebhookSignatureInvalid
        try:
            report = self._twilio.read(body, signature)
        except WebhookSignatureInvalid as forgery:
            await self._forgeries.record(forgery)
            raise
        if report.receipt_id:
            await self._webhooks.process(report.notification, lambda uow: self._process(uow, report))

    async def confirm_sms_delivered(self, receipt_id: str, delivered_at: datetime | None) -> None:
        """Note that the gateway has delivered an SMS, now or then."""
        async with self._begin() as uow:
            await self._note(uow, receipt_id, lambda sms: sms.confirm(delivered_at or self._now()))

    async def confirm_sms_delivery_failed(self, receipt_id: str, failed_at: datetime | None, reason: str) -> None:
        """Note that the gateway could not deliver an SMS, now or then."""
        async with self._begin() as uow:
            await self._note(uow, receipt_id, lambda sms: sms.confirm_failure(failed_at or self._now(), reason))

    async def _process(self, uow: UnitOfWork, report: TwilioReport) -> None:
        now = self._now()
        if report.is_delivered:
            await self._note(uow, report.receipt_id, lambda sms: sms.confirm(report.delivered_at(now)))
        elif report.is_failed:
            await self._note(uow, report.receipt_id, lambda sms: sms.confirm_failure(now, report.failure_reason))

    async def _note(self, uow: UnitOfWork, receipt_id: str, change: Callable[[SmsDelivery], None]) -> None:
        repository = SmsRepository(uow)
        delivery = await repository.find_by_receipt(receipt_id)
        if delivery is None:
            return
        change(delivery)
        if delivery.events:
            await repository.save(delivery)
