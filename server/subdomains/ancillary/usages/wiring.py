"""How usages is put together."""

from pathlib import Path

from tenantry.usages.v1 import usages_service_pb2

from server.kernel.deliveries.messages import Queue
from server.kernel.subdomain import Carrier, Platform, Service, Subdomain
from server.subdomains.ancillary.usages.adapters.local import LocalStore
from server.subdomains.ancillary.usages.application import UsagesApplication
from server.subdomains.ancillary.usages.ports import UsageGateway
from server.subdomains.ancillary.usages.servicer import UsagesServicer
from server.subdomains.ancillary.usages.settings import UsageSettings
from server.subdomains.ancillary.usages.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
_SERVICE = usages_service_pb2.DESCRIPTOR.services_by_name["UsagesService"]


def usages(platform: Platform) -> Subdomain:
    application = UsagesApplication(
        gateway=_gateway(platform),
        reader=platform.reader,
        lists=platform.lists,
        drain=platform.drain,
        now=platform.clock,
    )
    return Subdomain(
        name="usages",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(_SERVICE, UsagesServicer(application, platform.lists, platform.clock))],
        settings=[UsageSettings],
        carriers=[Carrier(Queue.USAGES, f"/{_SERVICE.full_name}/DeliverUsages", application.deliver_usages)],
    )


def _gateway(platform: Platform) -> UsageGateway:
    settings: UsageSettings = platform.read_settings(UsageSettings)
    if settings.usage_gateway == "posthog":
        # Not above: the client takes 25 MB, and most servers tell PostHog nothing.
        from server.subdomains.ancillary.usages.adapters.posthog import PostHogGateway  # noqa: PLC0415

        return PostHogGateway(host=settings.posthog_host, api_key=settings.posthog_api_key.get_secret_value())
    return LocalStore(platform.begin)
