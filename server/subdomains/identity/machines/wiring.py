"""How machines are put together."""

from tenantry.machines.v1 import machines_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.identity.machines.application import MachinesApplication
from server.subdomains.identity.machines.servicer import MachinesServicer
from server.subdomains.identity.machines.settings import MachinesSettings


def machines(platform: Platform) -> Subdomain:
    servicer = MachinesServicer(MachinesApplication.of(platform))
    return Subdomain(
        name="machines",
        services=[Service(machines_service_pb2.DESCRIPTOR.services_by_name["MachinesService"], servicer)],
        settings=[MachinesSettings],
    )
