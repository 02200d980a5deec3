"""What is kept of changes to users: audits and usages, queued with the change."""

from collections.abc import Sequence

from server.kernel.access.caller import MAINTENANCE
from server.kernel.access.roles import FeatureLevel
from server.kernel.database import UnitOfWork
from server.kernel.subdomain import Platform
from server.subdomains.ancillary.audits.api import AuditsApi
from server.subdomains.ancillary.usages.api import UsagesApi
from server.subdomains.user_profiles.api import UserProfilesApi
from server.subdomains.users.domain.end_user import EndUser
from server.subdomains.users.domain.membership import Membership
from server.subdomains.users.events import RegisteredProfile


class Records:
    """Writes audits and usages in the words of users."""

    def __init__(self, *, audits: AuditsApi, usages: UsagesApi, profiles: UserProfilesApi) -> None:
        self._audits = audits
        self._usages = usages
        self._profiles = profiles

    @classmethod
    def of(cls, platform: Platform) -> "Records":
        return cls(audits=AuditsApi.of(platform), usages=UsagesApi.of(platform), profiles=UserProfilesApi.of(platform))

    def person_registered(self, uow: UnitOfWork, user: EndUser, profile: RegisteredProfile) -> None:
        self._audits.record(
            uow,
            "EndUser.Registered.TermsAccepted",
            "EndUser {Id} accepted the terms and conditions",
            user.id,
            against=user.id,
        )
        names = (profile["first_name"], profile["last_name"])
        self._usages.record(
            uow,
            "User Registration Created",
            ResourceId=user.id,
            UserIdOverride=user.id,
            Name=" ".join(name for name in names if name),
            EmailAddress=user.email_address,
        )

    def user_suspended(self, uow: UnitOfWork, user_id: str, by_id: str) -> None:
        template = "EndUser {SuspenderId} suspended EndUser {Id}"
        self._audits.record(uow, "EndUser.Suspended", template, by_id, user_id, against=user_id)

    def user_reinstated(self, uow: UnitOfWork, user_id: str, by_id: str) -> None:
        template = "EndUser {ReinstaterId} reinstated EndUser {Id}"
        self._audits.record(uow, "EndUser.Reinstated", template, by_id, user_id, against=user_id)

    def membership_added(self, uow: UnitOfWork, membership: Membership, organization_name: str) -> None:
        self._usages.record(
            uow,
            "Membership Added",
            ResourceId=membership.id,
            Name=organization_name,
            UserIdOverride=membership.user_id,
            TenantIdOverride=membership.organization_id,
        )

    async def default_stated(self, uow: UnitOfWork, user: EndUser) -> None:
        """The default membership is another one, or stays although a personal organization has come."""
        membership = user.default_membership
        if membership is None:
            return
        profile = await self._profiles.find_profile(uow, user.id)
        self._usages.record(
            uow,
            "Membership Changed",
            ResourceId=membership.id,
            Name=profile.full_name if profile else None,
            EmailAddress=profile.email_address if profile else None,
            UserIdOverride=user.id,
            TenantIdOverride=membership.organization_id,
        )

    def tenant_features_assigned(
        self, uow: UnitOfWork, *, user_id: str, membership_id: str, features: Sequence[FeatureLevel]
    ) -> None:
        self._audits.record(
            uow,
            "EndUser.TenantFeaturesAssigned",
            "EndUser {AssignerId} assigned the tenant features {Features} to EndUser {AssigneeId} for membership "
            "{MembershipId}",
            MAINTENANCE,
            ", ".join(f"tenant_{level.value}" for level in features),
            user_id,
            membership_id,
            against=user_id,
        )

    def platform_features_assigned(self, uow: UnitOfWork, *, user_id: str, features: Sequence[FeatureLevel]) -> None:
        self._audits.record(
            uow,
            "EndUser.PlatformFeaturesAssigned",
            "EndUser {AssignerId} assigned the platform features {Features} to EndUser {AssigneeId}",
            MAINTENANCE,
            ", ".join(f"platform_{level.value}" for level in features),
            user_id,
            against=user_id,
        )
