"""How audits is put together."""

from pathlib import Path

from tenantry.audits.v1 import audits_service_pb2

from server.kernel.deliveries.messages import Queue
from server.kernel.subdomain import Carrier, Platform, Service, Subdomain
from server.subdomains.ancillary.audits.application import AuditsApplication
from server.subdomains.ancillary.audits.servicer import AuditsServicer
from server.subdomains.ancillary.audits.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
_SERVICE = audits_service_pb2.DESCRIPTOR.services_by_name["AuditsService"]


def audits(platform: Platform) -> Subdomain:
    application = AuditsApplication.of(platform)
    return Subdomain(
        name="audits",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(_SERVICE, AuditsServicer(application, platform.lists, platform.clock))],
        carriers=[Carrier(Queue.AUDITS, f"/{_SERVICE.full_name}/DeliverAudits", application.deliver_audits)],
    )
