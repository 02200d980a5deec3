"""What follows, for profiles, from what users do."""

from server.kernel.access.roles import Classification
from server.kernel.database import UnitOfWork
from server.subdomains.user_profiles.application import UserProfilesApplication
from server.subdomains.user_profiles.domain import Name
from server.subdomains.users.events import DefaultMembershipChanged, EndUserRegistered


class UserProfilesSubscriber:
    """Reacts within the transaction of whoever published."""

    def __init__(self, application: UserProfilesApplication) -> None:
        self._profiles = application

    async def when_end_user_registered_create_profile(self, uow: UnitOfWork, event: EndUserRegistered) -> None:
        given = event.user_profile
        await self._profiles.create_profile(
            uow,
            user_id=event.user_id,
            classification=Classification(event.classification),
            name=Name(given["first_name"], given["last_name"]),
            email_address=event.username,
            timezone=given["timezone"],
            locale=given["locale"],
            country_code=given["country_code"],
            default_organization_id=event.default_organization_id,
        )

    async def when_default_membership_changed_follow(self, uow: UnitOfWork, event: DefaultMembershipChanged) -> None:
        await self._profiles.change_default_organization(
            uow, user_id=event.user_id, organization_id=event.to_organization_id
        )
