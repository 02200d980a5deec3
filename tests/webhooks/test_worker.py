"""A real worker: from a use case that publishes to a customer's server, with nobody's help."""

import asyncio
import json
import random
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from server.worker import worker_of


async def test_each_event_arrives_in_order_although_calls_fail(server, customer, receiver, monkeypatch):
    # given: a receiver that refuses every third call, and workers that do not wait for minutes
    await customer.listens(receiver.url())
    patience = server.app.engine.patience
    quick = {queue: _hurried(each) for queue, each in patience.items()}
    chance = random.Random(7)
    refuse = receiver.refused
    things = [customer.thing() for _ in range(5)]

    # when
    monkeypatch.setattr(server.app.engine, "patience", quick)
    async with _working(server), _working(server):
        moved = {thing.id: await thing.move(server, *"abcdef") for thing in things}
        everything = [event_id for events in moved.values() for event_id in events]
        for event_id in chance.sample(everything, 10):
            refuse.add(event_id)
        await asyncio.sleep(1)
        refuse.clear()
        async with asyncio.timeout(30):
            while await customer.waiting() or not set(everything) <= set(receiver.event_ids):
                await asyncio.sleep(0.05)

    # then: the first good call of each event comes after that of its predecessor
    seen: defaultdict[str, list[int]] = defaultdict(list)
    for call in receiver.calls:
        body = json.loads(call.body)
        if body["version"] not in seen[body["subject_id"]]:
            seen[body["subject_id"]].append(body["version"])
    assert dict(seen) == {thing.id: [1, 2, 3, 4, 5, 6] for thing in things}


def _hurried(patience):
    return replace(patience, backoff_base=timedelta(seconds=0.2), backoff_factor=1, most_attempts=50)


@asynccontextmanager
async def _working(server):
    worker = worker_of(server.app, server.channel)
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await running
