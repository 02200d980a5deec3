"""The use cases of provisioning: one public method each, in the order of the contract."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from server.kernel.clock import Clock
from server.kernel.database import OpenUnitOfWork
from server.kernel.deliveries.carrying import deliver_each
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Result
from server.kernel.subdomain import Drain, Platform
from server.subdomains.ancillary.provisioning.domain import Provisioning
from server.subdomains.ancillary.provisioning.errors import OrganizationNotFound
from server.subdomains.ancillary.provisioning.ports import TenantSettings
from server.subdomains.ancillary.provisioning.queued import read_provisioning
from server.subdomains.ancillary.provisioning.repository import InboxRepository

_REMEMBERED_FOR = timedelta(days=30)


class ProvisioningApplication:
    """What can be done with provisionings."""

    def __init__(
        self, *, begin: OpenUnitOfWork, tenants: Callable[[], TenantSettings], drain: Drain, now: Clock
    ) -> None:
        self._begin = begin
        self._tenants = tenants
        self._drain = drain
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "ProvisioningApplication":
        return cls(
            begin=platform.begin,
            tenants=lambda: platform.answers[TenantSettings],
            drain=platform.drain,
            now=platform.clock,
        )

    async def notify_provisionings(self, messages: Sequence[str]) -> list[Result]:
        """Change the settings of organizations, one message after the other; a repeat has no second effect."""
        return await deliver_each(messages, read_provisioning, self._carry_out, at_once=1, needs_id=False)

    async def deliver_all_provisionings(self) -> tuple[int, int]:
        """Carry out everything pending, and say how many were delivered and how many failed."""
        return await self._drain(Queue.PROVISIONINGS)

    async def forget_old_messages(self) -> None:
        """Forget messages that nobody will repeat."""
        async with self._begin() as uow:
            await InboxRepository(uow).forget(self._now() - _REMEMBERED_FOR)

    async def _carry_out(self, provisioning: Provisioning) -> None:
        async with self._begin(provisioning.organization_id) as uow:
            message_id = provisioning.message_id
            # A repeat must not undo what later messages have changed.
            if message_id is not None and not await InboxRepository(uow).receive(message_id, self._now()):
                return
            if not await self._tenants().change_settings(uow, provisioning.organization_id, provisioning.settings):
                raise OrganizationNotFound
