"""How users is put together."""

from pathlib import Path

from tenantry.users.v1 import users_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.organizations.events import OrganizationCreated
from server.subdomains.subscriptions.events import ProviderChanged
from server.subdomains.users.application.access import AccessApplication
from server.subdomains.users.application.memberships import MembershipsApplication
from server.subdomains.users.application.users import UsersApplication
from server.subdomains.users.repository.principal import PRINCIPAL
from server.subdomains.users.servicer import UsersServicer
from server.subdomains.users.settings import UsersSettings
from server.subdomains.users.subscribers import UsersSubscriber
from server.subdomains.users.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"


def users(platform: Platform) -> Subdomain:
    subscriber = UsersSubscriber(MembershipsApplication.of(platform))
    servicer = UsersServicer(UsersApplication.of(platform), AccessApplication.of(platform), platform.lists)
    return Subdomain(
        name="users",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(users_service_pb2.DESCRIPTOR.services_by_name["UsersService"], servicer)],
        settings=[UsersSettings],
        reactions={
            OrganizationCreated: [subscriber.when_organization_created_add_creator],
            ProviderChanged: [subscriber.when_provider_changed_reset_features],
        },
        principal={"user": PRINCIPAL},
    )
