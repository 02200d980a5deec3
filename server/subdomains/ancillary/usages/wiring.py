"""How usages is put together."""

from pathlib import Path

from tenantry.usages.v1 import usages_service_pb2

from server.kernel.deliveries.messages import Queue
from server.kernel.subdomain import Carrier, Platform, Service, Subdomain
from server.subdomains.ancillary.usages.application import UsagesApplication
from server.subdomains.ancillary.usages.servicer import UsagesServicer
from server.subdomains.ancillary.usages.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
_SERVICE = usages_service_pb2.DESCRIPTOR.services_by_name["UsagesService"]


def usages(platform: Platform) -> Subdomain:
    application = UsagesApplication.of(platform)
    return Subdomain(
        name="usages",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(_SERVICE, UsagesServicer(application))],
        carriers=[Carrier(Queue.USAGES, f"/{_SERVICE.full_name}/DeliverUsages", application.deliver_usages)],
    )
