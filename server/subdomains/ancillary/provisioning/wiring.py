"""How provisioning is put together."""

from pathlib import Path

from tenantry.provisioning.v1 import provisioning_service_pb2

from server.kernel.deliveries.messages import Queue
from server.kernel.subdomain import Carrier, Platform, Service, Subdomain
from server.subdomains.ancillary.provisioning.application import ProvisioningApplication
from server.subdomains.ancillary.provisioning.servicer import ProvisioningServicer
from server.subdomains.ancillary.provisioning.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
_SERVICE = provisioning_service_pb2.DESCRIPTOR.services_by_name["ProvisioningService"]
_BATCH_SIZE = 10  # each message is a transaction, and the lease short


def provisioning(platform: Platform) -> Subdomain:
    application = ProvisioningApplication.of(platform)
    carrier = Carrier(
        queue=Queue.PROVISIONINGS,
        method=f"/{_SERVICE.full_name}/NotifyProvisionings",
        carry=application.notify_provisionings,
        batch_size=_BATCH_SIZE,
    )
    return Subdomain(
        name="provisioning",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(_SERVICE, ProvisioningServicer(application))],
        carriers=[carrier],
        housekeeping=[application.forget_old_messages],
    )
