"""How user profiles is put together."""

from pathlib import Path

from tenantry.user_profiles.v1 import user_profiles_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.user_profiles.application import UserProfilesApplication
from server.subdomains.user_profiles.servicer import UserProfilesServicer
from server.subdomains.user_profiles.subscribers import UserProfilesSubscriber
from server.subdomains.user_profiles.tables import metadata
from server.subdomains.users.events import DefaultMembershipChanged, EndUserRegistered

MIGRATIONS = Path(__file__).parent / "migrations"


def user_profiles(platform: Platform) -> Subdomain:
    application = UserProfilesApplication.of(platform)
    subscriber = UserProfilesSubscriber(application)
    service = user_profiles_service_pb2.DESCRIPTOR.services_by_name["UserProfilesService"]
    return Subdomain(
        name="user_profiles",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(service, UserProfilesServicer(application))],
        reactions={
            EndUserRegistered: [subscriber.when_end_user_registered_create_profile],
            DefaultMembershipChanged: [subscriber.when_default_membership_changed_follow],
        },
    )
