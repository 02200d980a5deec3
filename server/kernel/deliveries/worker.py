"""
A worker: claims batches of each queue and carries them out by calling the RPC of the subdomain that owns it.

Woken by the processes that queue, at the latest every two seconds by itself. Its calls are those that any other queue
infrastructure could make: the same RPC, a service token, one answer a message.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID

import grpc

from server.kernel import ids
from server.kernel.access.caller import service_call, set_current_call
from server.kernel.database import Database
from server.kernel.deliveries.engine import Claimed, Engine
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.deliveries.servers import Elsewhere, Server
from server.kernel.errors import Refusal
from server.kernel.security.tokens import Tokens
from server.kernel.subdomain import Carrier

log = logging.getLogger(__name__)

_POLL_SECONDS = 2.0
_HOUSEKEEPING_SECONDS = 60.0
_MARGIN_SECONDS = 5.0
_MOST_IN_BACKGROUND = 4


class Worker:
    """Carries out the queues of *carriers* until it is stopped."""

    def __init__(
        self,
        *,
        database: Database,
        engine: Engine,
        carriers: Sequence[Carrier],
        channel: grpc.aio.Channel,
        tokens: Tokens,
        housekeeping: Sequence[Callable[[], Awaitable[object]]] = (),
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._database = database
        self._engine = engine
        self._carriers = carriers
        self._server = Server(channel, tokens)
        self._elsewhere = elsewhere or Elsewhere((), tokens)
        self._background: set[asyncio.Task[None]] = set()
        self._housekeeping = housekeeping
        self._wakers = {carrier.queue: asyncio.Event() for carrier in carriers}
        self._stopping = asyncio.Event()
        database.signals.on("deliveries", self._wake)

    async def run(self) -> None:
        """Work until :meth:`stop`; then finish the batches in hand."""
        loops = [self._work(carrier, self._wakers[carrier.queue]) for carrier in self._carriers]
        await asyncio.gather(*loops, self._keep_house())
        await asyncio.gather(*self._background)

    def stop(self) -> None:
        """Take no more work."""
        self._stopping.set()
        self._wake("")

    def _wake(self, queue: str) -> None:
        for each, waker in self._wakers.items():
            if not queue or each == queue:
                waker.set()

    async def _work(self, carrier: Carrier, waker: asyncio.Event) -> None:
        while not self._stopping.is_set():
            waker.clear()
            try:
                is_busy = await self._carry_batch(carrier)
            except Refusal as refusal:
                log.warning("the queue cannot be reached", extra={"queue": carrier.queue, "reason": refusal.reason})
                is_busy = False
            except Exception:
                log.exception("a batch failed", extra={"queue": carrier.queue})
                is_busy = False
            if not is_busy:
                await _wait(waker, _POLL_SECONDS)

    async def _carry_batch(self, carrier: Carrier) -> bool:
        lease = ids.uuid7()
        patience = self._engine.patience_of(carrier.queue)
        until = time.monotonic() + patience.lease.total_seconds() - _MARGIN_SECONDS
        claimed = await self._engine.claim(carrier.queue, carrier.batch_size, lease)
        if not claimed:
            return False
        here, elsewhere = self._elsewhere.part(claimed)
        for server, batch in elsewhere:
            await self._in_background(self._carry(carrier, server, batch, lease, until))
        if here:
            await self._carry(carrier, self._server, here, lease, until)
        return True

    async def _carry(
        self, carrier: Carrier, server: Server, claimed: Sequence[Claimed], lease: UUID, until: float
    ) -> None:
        if carrier.method:
            results = await server.carry_out(carrier, claimed, until)
        else:
            set_current_call(service_call(str(ids.uuid7())))
            results = list(await carrier.carry(carrier.pack(claimed)))
        await self._engine.settle(carrier.queue, claimed, results, lease)
        most_attempts = self._engine.patience_of(carrier.queue).most_attempts
        for each, result in zip(claimed, results, strict=True):
            if result.outcome is not Outcome.DELIVERED and not result.is_put_off:
                _report(carrier, each, result, most_attempts)

    async def _in_background(self, carrying: Coroutine[Any, Any, None]) -> None:
        """Let another server take its time: ours does not wait for it, unless there are too many of them."""
        if len(self._background) >= _MOST_IN_BACKGROUND:
            await asyncio.wait(self._background, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(_logged(carrying))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _keep_house(self) -> None:
        while not self._stopping.is_set():
            for work in self._housekeeping:
                try:
                    await work()
                except Refusal as refusal:
                    log.warning("housekeeping is put off", extra={"reason": refusal.reason})
                except Exception:
                    log.exception("housekeeping failed")
            await _wait(self._stopping, _HOUSEKEEPING_SECONDS)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


async def _logged(carrying: Coroutine[Any, Any, None]) -> None:
    try:
        await carrying
    except Refusal as refusal:
        log.warning("another server's batch cannot be settled", extra={"reason": refusal.reason})
    except Exception:
        log.exception("another server's batch failed")


def _report(carrier: Carrier, claimed: Claimed, result: Result, most_attempts: int) -> None:
    is_dead = result.outcome is Outcome.REFUSED or claimed.attempts >= most_attempts
    facts = {
        "queue": carrier.queue,
        "message_id": ids.encode("msg", claimed.id),
        "attempts": claimed.attempts,
        "reason": result.reason,
    }
    if is_dead and claimed.subscription is not None:
        # Later events of the aggregate wait for it: nothing goes on until somebody acts.
        log.critical("dead letter", extra={**facts, "subscription": claimed.subscription})
    else:
        log.log(logging.ERROR if is_dead else logging.WARNING, "dead letter" if is_dead else "will retry", extra=facts)
