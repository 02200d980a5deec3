"""What follows from others' events: they are sent to whom their organization says."""

from server.kernel.bus.consumers import BusEvent
from server.kernel.database import UnitOfWork
from server.subdomains.webhooks.application.sending import SendingApplication


class WebhooksSubscriber:
    """Takes public events from the message bus."""

    def __init__(self, sending: SendingApplication) -> None:
        self._sending = sending

    async def when_anything_public_happened_queue_it(self, uow: UnitOfWork, event: BusEvent) -> None:
        await self._sending.queue(uow, event)
