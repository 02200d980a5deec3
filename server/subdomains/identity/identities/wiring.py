"""How identities is put together."""

from tenantry.identities.v1 import identities_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.identity.identities.application import IdentitiesApplication
from server.subdomains.identity.identities.servicer import IdentitiesServicer


def identities(platform: Platform) -> Subdomain:
    servicer = IdentitiesServicer(IdentitiesApplication.of(platform))
    return Subdomain(
        name="identities",
        services=[Service(identities_service_pb2.DESCRIPTOR.services_by_name["IdentitiesService"], servicer)],
    )
