"""What follows here from what happened elsewhere."""

from server.kernel.database import UnitOfWork
from server.subdomains.identity.mfa.application.pending import PendingSignIns
from server.subdomains.users.events import EndUserAccessChanged

_SUSPENDED = "suspended"


class MfaSubscriber:
    """Listens to users."""

    def __init__(self, pending: PendingSignIns) -> None:
        self._pending = pending

    async def when_end_user_access_changed_forget_sign_in(self, uow: UnitOfWork, event: EndUserAccessChanged) -> None:
        """Whoever was suspended while signing in has to begin again, once reinstated."""
        if event.access == _SUSPENDED:
            await self._pending.forget_sign_in(uow, user_id=event.user_id)
