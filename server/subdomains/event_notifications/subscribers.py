"""The subscriptions of event notifications itself: the one that feeds the integration broker, and that of tests."""

from server.kernel.bus.consumers import BusConsumer, BusEvent
from server.kernel.database import UnitOfWork
from server.subdomains.event_notifications.events import person_registered
from server.subdomains.event_notifications.ports import IntegrationBroker
from server.subdomains.users.events import EndUserRegistered


class IntegrationSubscriber:
    """Makes integration events of domain events."""

    def __init__(self, broker: IntegrationBroker | None) -> None:
        self._broker = broker

    @property
    def consumer(self) -> BusConsumer:
        return BusConsumer(
            name="integration", take=self.when_end_user_registered_publish_person, kinds=[EndUserRegistered]
        )

    async def when_end_user_registered_publish_person(self, uow: UnitOfWork, event: BusEvent) -> None:
        if self._broker is not None:
            await self._broker.publish(person_registered(event.id, event.occurred_at, event.aggregate_id, event.data))


async def _do_nothing(uow: UnitOfWork, event: BusEvent) -> None:
    return


# Takes every event over the bus, so that tests of a product can see that it gets there.
TESTING = BusConsumer(name="testing", take=_do_nothing)
