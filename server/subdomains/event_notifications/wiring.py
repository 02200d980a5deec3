"""How event notifications is put together."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tenantry.event_notifications.v1 import event_notifications_service_pb2

from server.kernel.deliveries.engine import Claimed
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.settings import DeliverySettings
from server.kernel.subdomain import Carrier, Platform, Service, Subdomain
from server.subdomains.event_notifications.adapters.nats import NatsBroker
from server.subdomains.event_notifications.application.notifications import NotificationsApplication
from server.subdomains.event_notifications.application.operations import DeadLettersApplication, OperationsApplication
from server.subdomains.event_notifications.servicer import EventNotificationsServicer
from server.subdomains.event_notifications.settings import EventNotificationsSettings
from server.subdomains.event_notifications.subscribers import TESTING, IntegrationSubscriber

_SERVICE = event_notifications_service_pb2.DESCRIPTOR.services_by_name["EventNotificationsService"]


def event_notifications(platform: Platform) -> Subdomain:
    settings = platform.read_settings(EventNotificationsSettings)
    retention = timedelta(days=settings.event_notifications_retention_days)
    application = NotificationsApplication.of(platform, retention)
    servicer = EventNotificationsServicer(
        application, DeadLettersApplication.of(platform), OperationsApplication.of(platform), platform.lists
    )
    consumers = [IntegrationSubscriber(_broker(platform, settings)).consumer]
    if platform.is_testing and settings.testing_subscription:
        consumers.append(TESTING)
    carrier = Carrier(
        Queue.DOMAIN_EVENTS,
        f"/{_SERVICE.full_name}/NotifyDomainEvents",
        application.notify_domain_events,
        pack=_addressed,
        encode=_request_of,
    )
    return Subdomain(
        name="event_notifications",
        services=[Service(_SERVICE, servicer)],
        settings=[EventNotificationsSettings],
        consumers=consumers,
        carriers=[carrier],
        housekeeping=[application.forget_old],
    )


def _broker(platform: Platform, settings: EventNotificationsSettings) -> NatsBroker | None:
    if settings.integration_broker == "none":
        return None
    deliveries: DeliverySettings = platform.read_settings(DeliverySettings)
    return NatsBroker(deliveries.nats)


def _addressed(claimed: Sequence[Claimed]) -> list[tuple[str, str]]:
    return [(each.subscription or "", each.message) for each in claimed]


def _request_of(notifications: Sequence[Any]) -> bytes:
    named = [
        event_notifications_service_pb2.DomainEventNotification(subscription_name=subscription, message=message)
        for subscription, message in notifications
    ]
    return event_notifications_service_pb2.NotifyDomainEventsRequest(notifications=named).SerializeToString()
