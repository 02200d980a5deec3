"""
A worker: claims batches of each queue and carries them out by calling the RPC of the subdomain that owns it.

Woken by the processes that queue, at the latest every two seconds by itself. Its calls are those that any other queue
infrastructure could make: the same RPC, a service token, one answer a message.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import grpc
from tenantry.deliveries.v1 import types_pb2

from server.kernel import ids
from server.kernel.access.caller import MAINTENANCE, service_call, set_current_call
from server.kernel.database import Database
from server.kernel.deliveries.engine import Claimed, Engine, retry_all
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.errors import Refusal
from server.kernel.security.tokens import Tokens
from server.kernel.subdomain import Carrier

log = logging.getLogger(__name__)

_POLL_SECONDS = 2.0
_HOUSEKEEPING_SECONDS = 60.0
_MARGIN_SECONDS = 5.0
_LARGEST_CALL = 3 * 1024 * 1024
_TOKEN_SECONDS = 240.0
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
        results: list[Result] = []
        for batch in _by_size(claimed):
            results += await self._call(carrier, batch, max(1.0, until - time.monotonic()))
        await self._engine.settle(carrier.queue, claimed, results, lease)
        for each, result in zip(claimed, results, strict=True):
            if result.outcome is not Outcome.DELIVERED and not result.is_put_off:
                _report(carrier, each, result, patience.most_attempts)
        return True

    async def _call(self, carrier: Carrier, batch: Sequence[Claimed], seconds: float) -> list[Result]:
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


def _by_size(claimed: Sequence[Claimed]) -> list[list[Claimed]]:
    batches: list[list[Claimed]] = [[]]
    size = 0
    for each in claimed:
        size += len(each.message.encode())
        if batches[-1] and size > _LARGEST_CALL:
            batches.append([])
            size = len(each.message.encode())
        batches[-1].append(each)
    return batches


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
            result.retry_after.ToTimedelta() if result.HasField("retry_after") else None,
            result.is_put_off,
        )
        for result in answer.results
    ]
