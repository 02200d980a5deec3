"""What other subdomains may ask of sessions, within their own unit of work."""

from collections.abc import Sequence
from datetime import datetime

from server.kernel.access.caller import current_call
from server.kernel.clock import Clock
from server.kernel.database import UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.auth_tokens.application import AuthTokensApplication
from server.subdomains.identity.auth_tokens.domain import Client
from server.subdomains.identity.auth_tokens.errors import NotARegisteredPerson
from server.subdomains.identity.tokens import Tokens
from server.subdomains.user_profiles.api import UserProfilesApi
from server.subdomains.users.api import User

__all__ = ["AuthTokensApi", "NotARegisteredPerson", "Tokens"]


class AuthTokensApi:
    """Opens and ends sessions."""

    def __init__(
        self, application: AuthTokensApplication, profiles: UserProfilesApi, usages: UsagesApi, now: Clock
    ) -> None:
        self._tokens = application
        self._profiles = profiles
        self._usages = usages
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "AuthTokensApi":
        application = AuthTokensApplication.of(platform)
        return cls(application, UserProfilesApi.of(platform), UsagesApi.of(platform), platform.clock)

    async def sign_in(
        self,
        uow: UnitOfWork,
        *,
        user: User,
        amr: Sequence[str],
        provider: str,
        email_address: str,
        name: str,
        auth_time: datetime | None = None,
    ) -> Tokens:
        """
        Open a session for somebody who has proved just now by *amr* who it is, and record the login.

        *name* is for somebody without a profile. *auth_time* is given where the proof is older, or nobody knows.

        Raises:
            NotARegisteredPerson, AccountSuspended: As :meth:`issue`.
        """
        profile = await self._profiles.find_profile(uow, user.id)
        tokens = await self.issue(uow, user=user, amr=amr, provider=provider, auth_time=auth_time or self._now())
        # Only now: what waits would be sent by itself before the read that the tokens need.
        self._usages.record(
            uow,
            "User Login",
            AuthProvider=provider,
            UserIdOverride=user.id,
            Name=profile.full_name if profile is not None else name,
            EmailAddress=email_address,
            DefaultOrganizationId=user.default_organization_id,
        )
        return tokens

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
