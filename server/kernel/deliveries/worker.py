"""
A worker: claims batches of each queue and carries them out by calling the RPC of the subdomain that owns it.

Woken by the processes that queue, at the latest every two seconds by itself. Its calls are those that any other queue
infrastructure could make: the same RPC, a service token, one answer a message.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import grpc
from tenantry.deliveries.v1 import types_pb2

from server.kernel import ids
from server.kernel.access.caller import MAINTENANCE, service_call, set_current_call
from server.kernel.database import Database
from server.kernel.deliveries.batches import batches_of, is_too_large
from server.kernel.deliveries.engine import Claimed, Engine, retry_all
from server.kernel.deliveries.envelope import InvalidMessage
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.errors import Refusal
from server.kernel.security.tokens import Tokens
from server.kernel.subdomain import Carrier

log = logging.getLogger(__name__)

_POLL_SECONDS = 2.0
_HOUSEKEEPING_SECONDS = 60.0
_MARGIN_SECONDS = 5.0
_MOST_IN_HAND = 3  # batches of a queue
_LEAST_SECONDS = 1.0  # however short the lease
_TURN_SECONDS = 1.0  # how long a call keeps the next one of its claim waiting
_TOKEN_SECONDS = 240.0
_TOO_LARGE = Result(None, Outcome.REFUSED, InvalidMessage.reason, InvalidMessage.message)
_OUTCOMES = {
    types_pb2.DELIVERY_OUTCOME_DELIVERED: Outcome.DELIVERED,
    types_pb2.DELIVERY_OUTCOME_REFUSED: Outcome.REFUSED,
}


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
    ) -> None:
        self._database = database
        self._engine = engine
        self._carriers = carriers
        self._channel = channel
        self._tokens = tokens
        self._housekeeping = housekeeping
        self._wakers = {carrier.queue: asyncio.Event() for carrier in carriers}
        self._stopping = asyncio.Event()
        self._token = ("", 0.0)
        database.signals.on("deliveries", self._wake)

    async def run(self) -> None:
        """Work until :meth:`stop`; then finish the batches in hand."""
        loops = [self._work(carrier, self._wakers[carrier.queue]) for carrier in self._carriers]
        await asyncio.gather(*loops, self._keep_house())

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
            lease = ids.uuid7()
            claimed = await self._claim(carrier, lease)
            if claimed:
                in_hand.add(asyncio.create_task(self._finish(carrier, claimed, lease)))
            if len(in_hand) >= _MOST_IN_HAND:
                _, in_hand = await asyncio.wait(in_hand, return_when=asyncio.FIRST_COMPLETED)
            elif len(claimed) < carrier.batch_size:
                in_hand = await _rest(waker, in_hand)
        if in_hand:
            await asyncio.wait(in_hand)

    async def _claim(self, carrier: Carrier, lease: UUID) -> list[Claimed]:
        try:
            return await self._engine.claim(carrier.queue, carrier.batch_size, lease)
        except Refusal as refusal:
            log.warning("the queue cannot be reached", extra={"queue": carrier.queue, "reason": refusal.reason})
        except Exception:
            log.exception("a claim failed", extra={"queue": carrier.queue})
        return []

    async def _finish(self, carrier: Carrier, claimed: Sequence[Claimed], lease: UUID) -> None:
        """Carry out a claim, call after call. The next does not wait for one that takes long."""
        lease_seconds = self._engine.patience_of(carrier.queue).lease.total_seconds()
        until = time.monotonic() + max(_LEAST_SECONDS, lease_seconds - _MARGIN_SECONDS)
        calls: set[asyncio.Task[None]] = set()
        for batch in batches_of(claimed):
            if carrier.method:
                await self._reach(until)  # else all would go at once when it is back, and fall together once more
            call = asyncio.create_task(self._carry(carrier, batch, lease, until))
            calls.add(call)
            await asyncio.wait([call], timeout=_TURN_SECONDS)
        await asyncio.wait(calls)

    async def _carry(self, carrier: Carrier, claimed: Sequence[Claimed], lease: UUID, until: float) -> None:
        try:
            results = await self._call(carrier, claimed, until - time.monotonic())
            await self._engine.settle(carrier.queue, claimed, results, lease)
        except Refusal as refusal:
            log.warning("a batch was left", extra={"queue": carrier.queue, "reason": refusal.reason})
        except Exception:
            log.exception("a batch failed", extra={"queue": carrier.queue})
        else:
            most_attempts = self._engine.patience_of(carrier.queue).most_attempts
            for each, result in zip(claimed, results, strict=True):
                if result.outcome is not Outcome.DELIVERED:
                    _report(carrier, each, result, most_attempts)

    async def _reach(self, until: float) -> None:
        """Wait until there is somebody to call, or no time left for it."""
        with contextlib.suppress(TimeoutError):  # the call will say so
            async with asyncio.timeout(until - time.monotonic()):
                await self._channel.channel_ready()

    async def _call(self, carrier: Carrier, batch: Sequence[Claimed], seconds: float) -> list[Result]:
        if is_too_large(batch[0]):  # they go alone, and this is as far as they go
            return [_TOO_LARGE]
        if seconds <= 0:  # others took all the time that there was
            return retry_all(batch, "CALL_NOT_MADE")
        if not carrier.method:
            set_current_call(service_call(str(ids.uuid7())))
            return list(await carrier.carry(carrier.pack(batch)))
        send = self._channel.unary_unary(
            carrier.method,
            request_serializer=carrier.encode,
            response_deserializer=_response,
        )
        metadata = (("authorization", f"Bearer {self._service_token()}"), ("x-request-id", _request_id(batch)))
        try:
            results: list[Result] = await send(
                carrier.pack(batch), timeout=seconds, metadata=metadata, wait_for_ready=True
            )
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                self._token = ("", 0.0)  # a clock was put right: a new one is of today
            log.warning("a delivery call failed", extra={"queue": carrier.queue, "code": error.code().name})
            return retry_all(batch, f"CALL_{error.code().name}")
        if len(results) != len(batch):
            return retry_all(batch, "CALL_MISCOUNTED")
        return results

    def _service_token(self) -> str:
        token, until = self._token
        if time.monotonic() >= until:
            token = self._tokens.issue_service_token(MAINTENANCE)
            self._token = (token, time.monotonic() + _TOKEN_SECONDS)
        return token

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


async def _rest(waker: asyncio.Event, in_hand: "set[asyncio.Task[None]]") -> "set[asyncio.Task[None]]":
    """Wait until there may be more to do, and say what is still in hand."""
    if not in_hand:
        await _wait(waker, _POLL_SECONDS)
        return in_hand
    woken = asyncio.create_task(waker.wait())
    _, still = await asyncio.wait({*in_hand, woken}, timeout=_POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    woken.cancel()
    return {task for task in still if task is not woken}  # type: ignore[misc]


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _request_id(batch: Sequence[Claimed]) -> str:
    """A message on its own goes by the id of the call that queued it."""
    try:
        call_id = json.loads(batch[0].message).get("CallId") if len(batch) == 1 else None
    except (ValueError, AttributeError, RecursionError):
        call_id = None  # not a message; whoever carries it out says so
    return call_id if isinstance(call_id, str) and call_id.isascii() and call_id.isprintable() else str(ids.uuid7())


def _report(carrier: Carrier, claimed: Claimed, result: Result, most_attempts: int) -> None:
    is_dead = result.outcome is Outcome.REFUSED or claimed.attempts >= most_attempts
    facts = {
        "queue": carrier.queue,
        "message_id": ids.encode("msg", claimed.id),
        "attempts": claimed.attempts,
        "reason": result.reason,
    }
    log.log(logging.ERROR if is_dead else logging.WARNING, "dead letter" if is_dead else "will retry", extra=facts)


def _response(body: bytes) -> list[Result]:
    answer: Any = types_pb2.DeliveryBatchResult.FromString(body)
    return [
        Result(
            result.message_id or None,
            _OUTCOMES.get(result.outcome, Outcome.RETRY_LATER),
            result.reason or None,
            result.description or None,
        )
        for result in answer.results
    ]
