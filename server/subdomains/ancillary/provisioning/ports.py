"""What provisioning needs of whoever keeps the settings of tenants."""

from collections.abc import Sequence
from typing import Protocol

from server.kernel.database import UnitOfWork
from server.subdomains.ancillary.provisioning.domain import ProvisionedSetting


class TenantSettings(Protocol):
    """Keeps the settings of organizations. A subdomain above this one answers (``Subdomain.answers``)."""

    async def change_settings(
        self, uow: UnitOfWork, organization_id: str, settings: Sequence[ProvisionedSetting]
    ) -> bool:
        """Add new names, replace existing ones, keep others. Says whether there is such an organization."""
        ...
