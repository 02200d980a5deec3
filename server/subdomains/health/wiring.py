"""How health is put together."""

from tenantry.health.v1 import health_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.health.servicer import HealthServicer
from server.subdomains.health.settings import HealthSettings


def health(platform: Platform) -> Subdomain:
    settings: HealthSettings = platform.read_settings(HealthSettings)
    descriptor = health_service_pb2.DESCRIPTOR.services_by_name["HealthService"]
    return Subdomain(
        name="health",
        services=[Service(descriptor, HealthServicer(settings.service_name))],
        settings=[HealthSettings],
    )
