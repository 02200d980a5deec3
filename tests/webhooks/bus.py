"""Has the message bus tell webhooks what has happened, as a worker does."""

import json
from datetime import datetime

from server.kernel import ids
from server.kernel.bus.consumers import BusEvent
from server.kernel.deliveries.engine import Claimed
from server.kernel.deliveries.messages import Queue
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.events import kind_of
from tests.harness import Running


async def tell(server: Running) -> None:
    """Tell consumers everything that waits on the bus."""
    engine, lease = server.app.engine, ids.uuid7()
    while claimed := await engine.claim(Queue.DOMAIN_EVENTS, 100, lease):
        for each in claimed:
            event = _event(each)
            consumer = server.app.platform.bus.find(each.subscription or "")
            assert consumer is not None
            async with server.app.platform.begin(event.organization_id) as uow:
                await consumer.consume(uow, event)
        done = [Result(None, Outcome.DELIVERED)] * len(claimed)
        await engine.settle(Queue.DOMAIN_EVENTS, claimed, done, lease)


def _event(claimed: Claimed) -> BusEvent:
    message = json.loads(claimed.message)
    event = message["Event"]
    data = json.loads(event["Data"])
    kind = kind_of(event["Metadata"])
    assert kind is not None
    return BusEvent(
        id=event["Id"],
        name=kind.name,
        kind=kind,
        aggregate_type=event["RootAggregateType"],
        aggregate_id=data.pop("RootId"),
        stream=event["StreamName"],
        version=event["Version"],
        organization_id=message.get("TenantId"),
        occurred_at=datetime.fromisoformat(data.pop("OccurredAt")),
        data=data,
    )
