"""How emails is put together."""

import logging
from datetime import timedelta
from pathlib import Path

from tenantry.emails.v1 import emails_service_pb2

from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.settings import DeliverySettings
from server.kernel.subdomain import Carrier, Platform, Service, Subdomain
from server.kernel.webhooks import Webhooks
from server.subdomains.ancillary.audits.api import RefusalAudits
from server.subdomains.ancillary.emails.adapters.capture import CaptureGateway
from server.subdomains.ancillary.emails.adapters.smtp import SmtpGateway
from server.subdomains.ancillary.emails.application.emails import EmailsApplication
from server.subdomains.ancillary.emails.application.reports import EmailReports
from server.subdomains.ancillary.emails.ports import EmailGateway
from server.subdomains.ancillary.emails.servicer import EmailsServicer
from server.subdomains.ancillary.emails.settings import EmailSettings
from server.subdomains.ancillary.emails.tables import metadata

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
_SERVICE = emails_service_pb2.DESCRIPTOR.services_by_name["EmailsService"]
_BATCH_SIZE = 10  # a gateway is slow, and the lease short


def emails(platform: Platform) -> Subdomain:
    settings: EmailSettings = platform.read_settings(EmailSettings)
    deliveries: DeliverySettings = platform.read_settings(DeliverySettings)
    application = EmailsApplication(
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
        code="Authentication.Mailgun.Failed",
        one="A report of Mailgun",
        several="reports of Mailgun",
    )
    reports = EmailReports(
        begin=platform.begin,
        webhooks=Webhooks.of(platform),
        forgeries=forgeries,
        signing_key=settings.mailgun_webhook_signing_key.get_secret_value(),
        now=platform.clock,
    )
    carrier = Carrier(
        queue=Queue.EMAILS,
        method=f"/{_SERVICE.full_name}/DeliverEmails",
        carry=application.deliver_emails_in_order,
        batch_size=_BATCH_SIZE,
    )
    return Subdomain(
        name="emails",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(_SERVICE, EmailsServicer(application, reports, platform.lists, platform.clock))],
        settings=[EmailSettings],
        carriers=[carrier],
    )


def _gateway(platform: Platform, settings: EmailSettings) -> EmailGateway:
    if settings.email_gateway == "smtp":
        return SmtpGateway(
            host=settings.smtp_host,
            port=settings.smtp_port,
            tls=settings.smtp_tls,
            username=settings.smtp_username,
            password=settings.smtp_password.get_secret_value(),
            timeout_seconds=settings.smtp_timeout_seconds,
            now=platform.clock,
        )
    if settings.email_gateway == "mailgun":
        # Not above: its HTTP client takes memory that other gateways do without.
        from server.subdomains.ancillary.emails.adapters.mailgun import MailgunGateway  # noqa: PLC0415

        if not settings.mailgun_webhook_signing_key.get_secret_value():
            log.warning("what Mailgun reports is refused: there is no TENANTRY_MAILGUN_WEBHOOK_SIGNING_KEY")
        return MailgunGateway(
            base_url=settings.mailgun_base_url,
            domain_name=settings.mailgun_domain_name,
            api_key=settings.mailgun_api_key.get_secret_value(),
            is_test=platform.is_testing,
            timeout_seconds=settings.mailgun_timeout_seconds,
        )
    if platform.settings.is_production:
        log.warning("mails are kept and not sent: TENANTRY_EMAIL_GATEWAY is capture")
    shows = not platform.settings.is_production and platform.settings.log_format == "readable"
    return CaptureGateway(begin=platform.begin, now=platform.clock, shows=shows)
