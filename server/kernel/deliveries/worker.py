"""
A worker: claims batches of each queue and carries them out by calling the RPC of the subdomain that owns it.

Woken by the processes that queue, at the latest every two seconds by itself. Its calls are those that any other queue
infrastructure could make: the same RPC, a service token, one answer a message.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import grpc

from server.kernel import ids
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.deliveries.batches import batches_of, is_too_large
from server.kernel.deliveries.engine import Claimed, retry_all
from server.kernel.deliveries.engines import QueueEngine
from server.kernel.deliveries.envelope import InvalidMessage
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.deliveries.servers import Elsewhere, Server
from server.kernel.errors import Refusal
from server.kernel.security.tokens import Tokens
from server.kernel.subdomain import Carrier
from server.kernel.telemetry.crashes import crash
from server.kernel.telemetry.deliveries import begin_delivery, cause_of
from server.kernel.telemetry.queues import ATTEMPTS
from server.kernel.telemetry.spans import Tracer

log = logging.getLogger(__name__)

_POLL_SECONDS = 2.0
_SOON_SECONDS = 0.3  # after a claim that found something: then the engine looks at all again
_GATHER_SECONDS = 0.02  # at least between two claims that are not full
_HOUSEKEEPING_SECONDS = 60.0
_MARGIN_SECONDS = 5.0
_MOST_IN_HAND = 3  # batches of a queue
_MOST_IN_BACKGROUND = 4  # batches for each other server
_A_MOMENT = timedelta(seconds=1)
_LEAST_SECONDS = 1.0  # however short the lease
_TURN_SECONDS = 1.0  # how long a call keeps the next one of its claim waiting
_TOO_LARGE = Result(None, Outcome.REFUSED, InvalidMessage.reason, InvalidMessage.message)


class Worker:
    """Carries out the queues of *carriers* until it is stopped."""

    def __init__(
        self,
        *,
        engine: QueueEngine,
        carriers: Sequence[Carrier],
        channel: grpc.aio.Channel,
        tokens: Tokens,
        housekeeping: Sequence[Callable[[], Awaitable[object]]] = (),
        elsewhere: Elsewhere | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self._engine = engine
        self._carriers = carriers
        self._server = Server(channel, tokens)
        self._elsewhere = elsewhere or Elsewhere((), tokens)
        self._background: dict[Server, set[asyncio.Task[None]]] = {}
        self._housekeeping = housekeeping
        self._tracer = tracer
        self._wakers = {carrier.queue: asyncio.Event() for carrier in carriers}
        self._stopping = asyncio.Event()
        engine.wake_by(self._wake)

    async def run(self) -> None:
        """Work until :meth:`stop`; then finish the batches in hand."""
        loops = [self._work(carrier, self._wakers[carrier.queue]) for carrier in self._carriers]
        await asyncio.gather(*loops, self._keep_house())
        await asyncio.gather(*[task for tasks in self._background.values() for task in tasks])
        await self._engine.close()

    def stop(self) -> None:
        """Take no more work."""
        self._stopping.set()
        self._wake("")

    def _wake(self, queue: str) -> None:
        for each, waker in self._wakers.items():
            if not queue or each == queue:
                waker.set()

    async def _work(self, carrier: Carrier, waker: asyncio.Event) -> None:
        """Claim batch after batch; while one is carried out the next is claimed, if there seem to be more."""
        in_hand: set[asyncio.Task[None]] = set()
        while not self._stopping.is_set():
            waker.clear()
            begun = time.monotonic()
            lease = ids.uuid7()
            claimed = await self._claim(carrier, lease)
            if claimed:
                in_hand.add(asyncio.create_task(self._finish(carrier, claimed, lease)))
            if len(in_hand) >= _MOST_IN_HAND:
                _, in_hand = await asyncio.wait(in_hand, return_when=asyncio.FIRST_COMPLETED)
            elif len(claimed) < carrier.batch_size:
                in_hand = await _rest(waker, in_hand, _SOON_SECONDS if claimed else _POLL_SECONDS)
                if claimed:  # many are queued: together they cost less
                    await asyncio.sleep(begun + _GATHER_SECONDS - time.monotonic())
        if in_hand:
            await asyncio.wait(in_hand)

    async def _claim(self, carrier: Carrier, lease: UUID) -> list[Claimed]:
        try:
            return await self._engine.claim(carrier.queue, carrier.batch_size, lease)
        except Refusal as refusal:
            log.warning("the queue cannot be reached", extra={"queue": carrier.queue, "reason": refusal.reason})
        except Exception as error:  # noqa: BLE001  # reported; the next claim may go better
            crash(f"deliveries.{carrier.queue}", "a claim failed", error)
        return []

    async def _finish(self, carrier: Carrier, claimed: Sequence[Claimed], lease: UUID) -> None:
        """Carry out a claim, call after call. The next does not wait for one that takes long."""
        lease_seconds = self._engine.patience_of(carrier.queue).lease.total_seconds()
        until = time.monotonic() + max(_LEAST_SECONDS, lease_seconds - _MARGIN_SECONDS)
        here, elsewhere = self._elsewhere.part(claimed)
        for server, theirs in elsewhere:
            for batch in batches_of(theirs):
                await self._send(carrier, server, batch, lease, until)
        calls: set[asyncio.Task[None]] = set()
        for batch in batches_of(here):
            if carrier.method:
                await self._server.reach(until)  # else all would go at once when it is back, and fall together again
            call = asyncio.create_task(self._carry(carrier, self._server, batch, lease, until))
            calls.add(call)
            await asyncio.wait([call], timeout=_TURN_SECONDS)
        if calls:
            await asyncio.wait(calls)

    async def _carry(
        self, carrier: Carrier, server: Server, claimed: Sequence[Claimed], lease: UUID, until: float
    ) -> None:
        try:
            results = await self._deliver(carrier, server, claimed, until - time.monotonic())
            await self._engine.settle(carrier.queue, claimed, results, lease)
        except Refusal as refusal:
            log.warning("a batch was left", extra={"queue": carrier.queue, "reason": refusal.reason})
        except Exception as error:  # noqa: BLE001  # reported; the next batch may be better
            crash(f"deliveries.{carrier.queue}", "a batch failed", error)
        else:
            most_attempts = self._engine.patience_of(carrier.queue).most_attempts
            for each, result in zip(claimed, results, strict=True):
                ATTEMPTS.add(queue=carrier.queue.value, outcome=result.outcome.value)
                if result.outcome is not Outcome.DELIVERED and not result.is_put_off:
                    _report(carrier, each, result, most_attempts)

    async def _deliver(
        self, carrier: Carrier, server: Server, batch: Sequence[Claimed], seconds: float
    ) -> list[Result]:
        if is_too_large(batch[0]):  # they go alone, and this is as far as they go
            return [_TOO_LARGE]
        if seconds <= 0:  # others took all the time that there was
            return retry_all(batch, "CALL_NOT_MADE")
        delivery = begin_delivery(self._tracer, carrier.queue.value, [each.message for each in batch])
        try:
            if carrier.method:
                results = await server.call(carrier, batch, seconds, delivery.traceparent)
            else:
                call = service_call(str(ids.uuid7()), traceparent=delivery.traceparent)
                call.span = delivery.span
                set_current_call(call)
                results = list(await carrier.carry(carrier.pack(batch)))
        except BaseException as error:
            delivery.fail(error)
            raise
        delivery.end(results)
        return results

    async def _send(
        self, carrier: Carrier, server: Server, batch: Sequence[Claimed], lease: UUID, until: float
    ) -> None:
        """
        Let another server take its time: nobody waits for it. What it has no time for is put off, which is no attempt.

        What comes after a batch in the same streams is claimed as soon as it is done.
        """
        tasks = self._background.setdefault(server, set())
        if len(tasks) >= _MOST_IN_BACKGROUND:
            later = Result(None, Outcome.RETRY_LATER, "SERVER_IS_BUSY", retry_after=_A_MOMENT, is_put_off=True)
            await self._engine.settle(carrier.queue, batch, [later] * len(batch), lease)
            return
        task = asyncio.create_task(self._carry(carrier, server, batch, lease, until))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(lambda _: self._wakers[carrier.queue].set())

    async def _keep_house(self) -> None:
        while not self._stopping.is_set():
            for work in self._housekeeping:
                try:
                    await work()
                except Refusal as refusal:
                    log.warning("housekeeping is put off", extra={"reason": refusal.reason})
                except Exception as error:  # noqa: BLE001  # reported; the rest of the house is kept
                    crash("housekeeping", "housekeeping failed", error)
            await _wait(self._stopping, _HOUSEKEEPING_SECONDS)


async def _rest(waker: asyncio.Event, in_hand: "set[asyncio.Task[None]]", seconds: float) -> "set[asyncio.Task[None]]":
    """Wait until there may be more to do, and say what is still in hand."""
    if not in_hand:
        await _wait(waker, seconds)
        return in_hand
    woken = asyncio.create_task(waker.wait())
    _, still = await asyncio.wait({*in_hand, woken}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    woken.cancel()
    return {task for task in still if task is not woken}  # type: ignore[misc]


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _report(carrier: Carrier, claimed: Claimed, result: Result, most_attempts: int) -> None:
    is_dead = result.outcome is Outcome.REFUSED or claimed.attempts >= most_attempts
    cause = cause_of(claimed.message)
    facts = {
        "queue": carrier.queue,
        "message_id": ids.encode("msg", claimed.id),
        "attempts": claimed.attempts,
        "reason": result.reason,
        "trace_id": cause.trace_id if cause is not None else None,
    }
    log.log(logging.ERROR if is_dead else logging.WARNING, "dead letter" if is_dead else "will retry", extra=facts)
    if is_dead and claimed.subscription is not None:
        # Nothing more happens in its stream until somebody acts.
        crash(f"deliveries.{claimed.subscription}", "a dead event holds its stream")
