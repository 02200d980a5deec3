"""What other subdomains may ask of provisioning, within their own unit of work, and what it asks of them."""

from collections.abc import Sequence

from server.kernel.database import UnitOfWork
from server.kernel.deliveries.messages import Message, Queue
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.provisioning.domain import ProvisionedSetting
from server.subdomains.ancillary.provisioning.ports import TenantSettings
from server.subdomains.ancillary.provisioning.queued import body_of

__all__ = ["ProvisionedSetting", "ProvisioningApi", "TenantSettings"]


class ProvisioningApi:
    """Queues provisionings."""

    @classmethod
    def of(cls, platform: Platform) -> "ProvisioningApi":
        return cls()

    def queue(self, uow: UnitOfWork, *, organization_id: str, settings: Sequence[ProvisionedSetting]) -> None:
        """Queue settings for an organization. They are changed after the commit, or never if there is none."""
        uow.deliver(Message(Queue.PROVISIONINGS, body_of(organization_id, settings)))
