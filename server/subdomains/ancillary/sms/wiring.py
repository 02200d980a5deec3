"""How SMS is put together."""

import logging
from datetime import timedelta
from pathlib import Path

from tenantry.sms.v1 import sms_service_pb2

from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.settings import DeliverySettings
from server.kernel.subdomain import Carrier, Platform, Service, Subdomain
from server.kernel.webhooks import Webhooks
from server.subdomains.ancillary.audits.api import RefusalAudits
from server.subdomains.ancillary.sms.adapters.capture import CaptureGateway
from server.subdomains.ancillary.sms.adapters.twilio_reports import TwilioReports
from server.subdomains.ancillary.sms.application.reports import SmsReports
from server.subdomains.ancillary.sms.application.sms import SmsApplication
from server.subdomains.ancillary.sms.ports import SmsGateway
from server.subdomains.ancillary.sms.servicer import SmsServicer
from server.subdomains.ancillary.sms.settings import SmsSettings
from server.subdomains.ancillary.sms.tables import metadata

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
_SERVICE = sms_service_pb2.DESCRIPTOR.services_by_name["SmsService"]
_BATCH_SIZE = 10  # a gateway is slow, and the lease short


def sms(platform: Platform) -> Subdomain:
    settings: SmsSettings = platform.read_settings(SmsSettings)
    deliveries: DeliverySettings = platform.read_settings(DeliverySettings)
    application = SmsApplication(
        begin=platform.begin,
        reader=platform.reader,
        lists=platform.lists,
        gateway=_gateway(platform, settings),
        drain=platform.drain,
        lease=timedelta(seconds=deliveries.queue_lease_seconds),
        host_region=platform.database.host_region,
        now=platform.clock,
    )
    forgeries = RefusalAudits.of(
        platform,
        code="Authentication.Twilio.Failed",
        one="A report of Twilio",
        several="reports of Twilio",
    )
    reports = SmsReports(
        begin=platform.begin,
        webhooks=Webhooks.of(platform),
        forgeries=forgeries,
        twilio=_twilio_reports(settings),
        now=platform.clock,
    )
    carrier = Carrier(
        queue=Queue.SMS,
        method=f"/{_SERVICE.full_name}/DeliverSms",
        carry=application.deliver_sms_in_order,
        batch_size=_BATCH_SIZE,
    )
    return Subdomain(
        name="sms",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(_SERVICE, SmsServicer(application, reports, platform.lists, platform.clock))],
        settings=[SmsSettings],
        carriers=[carrier],
    )


def _gateway(platform: Platform, settings: SmsSettings) -> SmsGateway:
    if settings.sms_gateway == "twilio":
        # Not above: Twilio's client takes 10 MB, and most servers do without.
        from server.subdomains.ancillary.sms.adapters.twilio import TwilioGateway  # noqa: PLC0415

        return TwilioGateway(
            base_url=settings.twilio_base_url.rstrip("/"),
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token.get_secret_value(),
            sender_phone_number=settings.twilio_sender_phone_number,
            callback_url=settings.twilio_webhook_callback_url,
            timeout_seconds=settings.twilio_timeout_seconds,
        )
    if platform.settings.is_production:
        log.warning("SMS are kept and not sent: TENANTRY_SMS_GATEWAY is capture")
    shows = not platform.settings.is_production and platform.settings.log_format == "readable"
    return CaptureGateway(begin=platform.begin, now=platform.clock, shows=shows)


def _twilio_reports(settings: SmsSettings) -> TwilioReports | None:
    if not settings.knows_twilio:
        return None
    auth_token = settings.twilio_auth_token.get_secret_value()
    return TwilioReports(auth_token=auth_token, callback_url=settings.twilio_webhook_callback_url)
