"""How webhooks is put together."""

from datetime import timedelta
from pathlib import Path

from tenantry.webhooks.v1 import webhooks_service_pb2

from server.kernel.bus.consumers import BusConsumer, subscription_name
from server.kernel.bus.settings import BusSettings
from server.kernel.deliveries.engine import EngineSettings
from server.kernel.deliveries.messages import Queue
from server.kernel.events import DomainEvent, kinds
from server.kernel.settings import SettingsError
from server.kernel.subdomain import Carrier, Platform, Service, Subdomain
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.webhooks.adapters.http import HttpCaller
from server.subdomains.webhooks.application.endpoints import EndpointsApplication
from server.subdomains.webhooks.application.sending import SendingApplication
from server.subdomains.webhooks.reach import Reach
from server.subdomains.webhooks.servicer import WebhooksServicer
from server.subdomains.webhooks.settings import WebhookSettings
from server.subdomains.webhooks.subscribers import WebhooksSubscriber
from server.subdomains.webhooks.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
_SERVICE = webhooks_service_pb2.DESCRIPTOR.services_by_name["WebhooksService"]
_NAME = "webhooks"
_BATCH_SIZE = 50
# Eight attempts over about 22 hours: after 1, 4, 16 and 64 minutes, 4, 8 and 8 hours.
_PATIENCE = EngineSettings(
    lease=timedelta(seconds=60),
    most_attempts=8,
    backoff_base=timedelta(minutes=1),
    backoff_factor=4,
    backoff_most=timedelta(hours=8),
    asked_most=timedelta(days=1),
)


def webhooks(platform: Platform) -> Subdomain:
    settings: WebhookSettings = platform.read_settings(WebhookSettings)
    reach = _reach(platform, settings)
    subscription = subscription_name(platform.read_settings(BusSettings).subscription_prefix, _NAME)
    public_events = [kind for kind in kinds() if kind.is_public]
    audits = AuditsApi.of(platform)
    endpoints = EndpointsApplication(
        begin=platform.begin,
        reader=platform.reader,
        lists=platform.lists,
        secrets=platform.secrets,
        reach=reach,
        subscription=subscription,
        public_events=public_events,
        most_endpoints=settings.webhook_endpoints,
        audits=audits,
        usages=UsagesApi.of(platform),
        new_id=platform.new_id,
        now=platform.clock,
    )
    sending = SendingApplication(
        begin=platform.begin,
        reader=platform.reader,
        secrets=platform.secrets,
        caller=HttpCaller(reach=reach, now=platform.clock, timeout_seconds=settings.webhook_timeout_seconds),
        subscription=subscription,
        audits=audits,
        new_id=platform.new_id,
        now=platform.clock,
    )
    return Subdomain(
        name="webhooks",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(_SERVICE, WebhooksServicer(endpoints, sending, platform.lists, platform.clock))],
        settings=[WebhookSettings],
        consumers=[_consumer(sending, public_events)],
        carriers=[_carrier(sending)],
        housekeeping=[sending.sweep_attempts],
    )


def _reach(platform: Platform, settings: WebhookSettings) -> Reach:
    is_production = platform.settings.is_production
    if settings.webhook_allows_loopback and is_production:
        raise SettingsError("TENANTRY_WEBHOOK_ALLOWS_LOOPBACK is wrong: production calls nothing on its own machine")
    allows_loopback = settings.webhook_allows_loopback
    return Reach(settings.ports, not is_production if allows_loopback is None else allows_loopback)


def _consumer(sending: SendingApplication, public_events: list[type[DomainEvent]]) -> BusConsumer:
    return BusConsumer(
        name=_NAME,
        take=WebhooksSubscriber(sending).when_anything_public_happened_queue_it,
        kinds=public_events,
        is_by_organization=True,
    )


def _carrier(sending: SendingApplication) -> Carrier:
    return Carrier(
        queue=Queue.WEBHOOKS,
        method=f"/{_SERVICE.full_name}/DeliverWebhooks",
        carry=sending.deliver_webhooks,
        batch_size=_BATCH_SIZE,
        patience=_PATIENCE,
    )
