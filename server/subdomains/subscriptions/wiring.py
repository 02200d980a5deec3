"""How subscriptions is put together."""

from pathlib import Path

from tenantry.subscriptions.v1 import subscriptions_service_pb2

from server.kernel.subdomain import Platform, Service, Subdomain
from server.subdomains.organizations.events import OrganizationCreated
from server.subdomains.subscriptions.application import SubscriptionsApplication
from server.subdomains.subscriptions.servicer import SubscriptionsServicer
from server.subdomains.subscriptions.settings import SubscriptionsSettings
from server.subdomains.subscriptions.subscribers import SubscriptionsSubscriber
from server.subdomains.subscriptions.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"


def subscriptions(platform: Platform) -> Subdomain:
    application = SubscriptionsApplication.of(platform)
    subscriber = SubscriptionsSubscriber(application)
    service = subscriptions_service_pb2.DESCRIPTOR.services_by_name["SubscriptionsService"]
    return Subdomain(
        name="subscriptions",
        tables=metadata,
        migrations=MIGRATIONS,
        services=[Service(service, SubscriptionsServicer(application, platform.lists))],
        settings=[SubscriptionsSettings],
        reactions={OrganizationCreated: [subscriber.when_organization_created_create_subscription]},
    )
