"""The use cases of user profiles."""

from collections.abc import Callable

from server.kernel.access.roles import Classification
from server.kernel.clock import Clock
from server.kernel.database import Reader, UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.user_profiles.domain import Name, Preferences, UserProfile
from server.subdomains.user_profiles.repository import UserProfileReader, UserProfileRepository


class UserProfilesApplication:
    """What can be done with user profiles."""

    def __init__(
        self, *, reader: Reader, usages: UsagesApi, new_id: Callable[[str], str], now: Clock, is_testing: bool
    ) -> None:
        self._profiles = UserProfileReader(reader)
        self._usages = usages
        self._new_id = new_id
        self._now = now
        self._is_testing = is_testing

    @classmethod
    def of(cls, platform: Platform) -> "UserProfilesApplication":
        return cls(
            reader=platform.reader,
            usages=UsagesApi.of(platform),
            new_id=platform.new_id,
            now=platform.clock,
            is_testing=platform.is_testing,
        )

    async def get_profile(self, user_id: str) -> UserProfile:
        """The profile of a user."""
        return await self._profiles.get(user_id)

    async def find_profile(self, uow: UnitOfWork, user_id: str) -> UserProfile | None:
        """The profile of a user, within the transaction of whoever asks."""
        return await UserProfileRepository(uow).find(user_id)

    async def create_profile(
        self,
        uow: UnitOfWork,
        *,
        user_id: str,
        classification: Classification,
        name: Name,
        email_address: str | None,
        timezone: str | None,
        locale: str | None,
        country_code: str | None,
        default_organization_id: str | None,
    ) -> None:
        """Begin the profile of a user who registers."""
        profile = UserProfile.create(
            id=self._new_id("profile"),
            user_id=user_id,
            classification=classification,
            name=name,
            email_address=email_address,
            preferences=Preferences.of(
                timezone=timezone, locale=locale, country_code=country_code, is_testing=self._is_testing
            ),
            default_organization_id=default_organization_id,
            now=self._now(),
        )
        await UserProfileRepository(uow).add(profile)

    async def introduce_anew(
        self,
        uow: UnitOfWork,
        *,
        user_id: str,
        name: Name,
        timezone: str | None,
        locale: str | None,
        country_code: str | None,
    ) -> None:
        """Change the profile of a user to what somebody says who takes that user's place."""
        profiles = UserProfileRepository(uow)
        profile = await profiles.lock(user_id)
        if profile is None:
            return
        profile.introduce_anew(
            name,
            Preferences.of(timezone=timezone, locale=locale, country_code=country_code, is_testing=self._is_testing),
        )
        if profile.events:
            await profiles.save(profile)
            self._record_update(uow, profile)

    async def change_default_organization(self, uow: UnitOfWork, *, user_id: str, organization_id: str) -> None:
        """Follow a user's default membership. A guest has no profile yet: creation takes the default over."""
        profiles = UserProfileRepository(uow)
        profile = await profiles.lock(user_id)
        if profile is None:
            return
        profile.change_default_organization(organization_id)
        if profile.events:
            await profiles.save(profile)
            self._record_update(uow, profile)

    def _record_update(self, uow: UnitOfWork, profile: UserProfile) -> None:
        self._usages.record(
            uow,
            "User Profile Updated",
            ResourceId=profile.id,
            UserIdOverride=profile.user_id,
            Name=profile.name.full,
            Classification=profile.classification.value,
            Timezone=profile.timezone,
            Locale=profile.locale,
            CountryCode=profile.address.country_code,
            EmailAddress=profile.email_address,
        )
