"""What follows once somebody has shown everything that a sign-in asks for."""

from collections.abc import Sequence

from server.kernel.access.roles import Classification
from server.kernel.clock import Clock
from server.kernel.database import UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.identity.auth_tokens.api import AuthTokensApi, Tokens
from server.subdomains.identity.password_credentials.domain.credential import PersonCredential
from server.subdomains.user_profiles.api import UserProfilesApi
from server.subdomains.users.api import User

_PROVIDER = "credentials"


class Completion:
    """Opens the session of a sign-in."""

    def __init__(self, *, tokens: AuthTokensApi, profiles: UserProfilesApi, usages: UsagesApi, now: Clock) -> None:
        self._tokens = tokens
        self._profiles = profiles
        self._usages = usages
        self._now = now

    @classmethod
    def of(cls, platform: Platform) -> "Completion":
        return cls(
            tokens=AuthTokensApi.of(platform),
            profiles=UserProfilesApi.of(platform),
            usages=UsagesApi.of(platform),
            now=platform.clock,
        )

    async def open_session(
        self, uow: UnitOfWork, credential: PersonCredential, user: User, amr: Sequence[str]
    ) -> Tokens:
        """Open the session of a person who has proved by *amr* who it is."""
        profile = await self._profiles.find_profile(uow, user.id)
        tokens = await self._tokens.issue(uow, user=user, amr=amr, provider=_PROVIDER, auth_time=self._now())
        # Only now: what waits would be sent by itself before the read that the tokens need.
        self._usages.record(
            uow,
            "User Login",
            AuthProvider=_PROVIDER,
            UserIdOverride=user.id,
            Name=profile.full_name if profile is not None else credential.name,
            EmailAddress=credential.email_address,
            DefaultOrganizationId=user.default_organization_id,
        )
        return tokens


def is_registered_person(user: User) -> bool:
    """Whether a user can have a session at all."""
    return user.is_registered and user.classification is Classification.PERSON
