"""
What other subdomains may ask of user profiles, within their own unit of work.

Plain values in, plain values out.
"""

from dataclasses import dataclass

from server.kernel.access.roles import Classification
from server.kernel.database import UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.user_profiles.application import UserProfilesApplication
from server.subdomains.user_profiles.domain import Name


@dataclass(frozen=True, slots=True)
class Profile:
    """The personal details of a user."""

    id: str
    user_id: str
    classification: Classification
    first_name: str
    last_name: str | None
    full_name: str
    display_name: str
    email_address: str | None
    phone_number: str | None
    country_code: str
    timezone: str
    locale: str


class UserProfilesApi:
    """Finds profiles, and changes them when somebody takes a user's place."""

    def __init__(self, application: UserProfilesApplication) -> None:
        self._profiles = application

    @classmethod
    def of(cls, platform: Platform) -> "UserProfilesApi":
        return cls(UserProfilesApplication.of(platform))

    async def find_profile(self, uow: UnitOfWork, user_id: str) -> Profile | None:
        """The profile of a user; guests and service accounts have none."""
        found = await self._profiles.find_profile(uow, user_id)
        if found is None:
            return None
        return Profile(
            id=found.id,
            user_id=found.user_id,
            classification=found.classification,
            first_name=found.name.first,
            last_name=found.name.last,
            full_name=found.name.full,
            display_name=found.display_name,
            email_address=found.email_address,
            phone_number=found.phone_number,
            country_code=found.address.country_code,
            timezone=found.timezone,
            locale=found.locale,
        )

    async def introduce_anew(
        self,
        uow: UnitOfWork,
        *,
        user_id: str,
        first_name: str,
        last_name: str | None,
        timezone: str | None,
        locale: str | None,
        country_code: str | None,
    ) -> None:
        """
        Change names and preferences of a user to those of somebody who registers in that user's place.

        What nobody says becomes the default. Nothing happens to a user without a profile.
        """
        await self._profiles.introduce_anew(
            uow,
            user_id=user_id,
            name=Name(first_name, last_name),
            timezone=timezone,
            locale=locale,
            country_code=country_code,
        )
