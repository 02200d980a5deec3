"""How organizations is put together."""

from pathlib import Path

from tenantry.organizations.v1 import organizations_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.ancillary.provisioning.api import TenantSettings
from server.subdomains.organizations.api import OrganizationsApi
from server.subdomains.organizations.application import OrganizationsApplication
from server.subdomains.organizations.servicer import OrganizationsServicer
from server.subdomains.organizations.settings import OrganizationsSettings
from server.subdomains.organizations.subscribers import OrganizationsSubscriber
from server.subdomains.organizations.tables import metadata
from server.subdomains.subscriptions.events import SubscriptionCreated
from server.subdomains.users.events import EndUserRegistered, MembershipAdded

MIGRATIONS = Path(__file__).parent / "migrations"


def organizations(platform: Platform) -> Subdomain:
    application = OrganizationsApplication.of(platform)
    subscriber = OrganizationsSubscriber(application)
    tenants: TenantSettings = OrganizationsApi(application)
    service = organizations_service_pb2.DESCRIPTOR.services_by_name["OrganizationsService"]
    return Subdomain(
        name="organizations",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(service, OrganizationsServicer(application))],
        settings=[OrganizationsSettings],
        answers={TenantSettings: tenants},
        reactions={
            EndUserRegistered: [subscriber.when_end_user_registered_create_personal_organization],
            MembershipAdded: [subscriber.when_membership_added_add_member],
            SubscriptionCreated: [subscriber.when_subscription_created_subscribe],
        },
    )
