"""What other subdomains may ask of sessions, within their own unit of work."""

from collections.abc import Sequence
from datetime import datetime

from server.kernel.access.caller import current_call
from server.kernel.database import UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.identity.auth_tokens.application import AuthTokensApplication
from server.subdomains.identity.auth_tokens.domain import Client
from server.subdomains.identity.auth_tokens.errors import NotARegisteredPerson
from server.subdomains.identity.tokens import Tokens
from server.subdomains.users.api import User

__all__ = ["AuthTokensApi", "NotARegisteredPerson", "Tokens"]


class AuthTokensApi:
    """Opens and ends sessions."""

    def __init__(self, application: AuthTokensApplication) -> None:
        self._tokens = application

    @classmethod
    def of(cls, platform: Platform) -> "AuthTokensApi":
        return cls(AuthTokensApplication.of(platform))

    async def issue(
        self, uow: UnitOfWork, *, user: User, amr: Sequence[str], provider: str, auth_time: datetime
    ) -> Tokens:
        """
        Open a session for the one who signs in by the current call, and return its tokens.

        Raises:
            NotARegisteredPerson: The user is a machine or a guest.
            AccountSuspended: Operators have suspended the user. It is audited.
        """
        call = current_call()
        client = Client(call.client_address, call.user_agent)
        return await self._tokens.issue(uow, user=user, amr=amr, provider=provider, auth_time=auth_time, client=client)

    async def revoke_all(self, uow: UnitOfWork, user_id: str) -> int:
        """End every session of a user and say how many there were. Access ends with them, on every server."""
        return await self._tokens.revoke_all(uow, user_id)
