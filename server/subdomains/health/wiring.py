"""How health is put together."""

from tenantry.health.v1 import health_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.health.servicer import HealthServicer


def health(platform: Platform) -> Subdomain:
    descriptor = health_service_pb2.DESCRIPTOR.services_by_name["HealthService"]
    return Subdomain(
        name="health",
        services=[Service(descriptor, HealthServicer(platform.settings.service_name))],
    )
