"""What follows, for sessions, from what happens to users."""

from server.kernel.database import UnitOfWork
from server.subdomains.identity.auth_tokens.application import AuthTokensApplication
from server.subdomains.users.events import EndUserAccessChanged

_SUSPENDED = "suspended"


class AuthTokensSubscriber:
    """Reacts within the transaction of whoever published."""

    def __init__(self, application: AuthTokensApplication) -> None:
        self._tokens = application

    async def when_end_user_access_changed_revoke_sessions(self, uow: UnitOfWork, event: EndUserAccessChanged) -> None:
        if event.access == _SUSPENDED:  # whoever is reinstated signs in again
            await self._tokens.revoke_all(uow, event.user_id)
