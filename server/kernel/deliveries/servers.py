"""Servers that carry out what is queued, ours and others: by the RPC that any queue infrastructure could call."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any

import grpc
from tenantry.deliveries.v1 import types_pb2

from server.kernel import ids
from server.kernel.access.caller import MAINTENANCE
from server.kernel.bus.settings import EventSubscriber
from server.kernel.deliveries.engine import Claimed, retry_all
from server.kernel.deliveries.outcomes import Outcome, Result
from server.kernel.security.tokens import Tokens
from server.kernel.subdomain import Carrier
from server.kernel.telemetry.trace_context import HEADER

log = logging.getLogger(__name__)

_TOKEN_SECONDS = 240.0
_MOST_SECONDS_ELSEWHERE = 10.0  # for one that does not answer
_OUTCOMES = {
    types_pb2.DELIVERY_OUTCOME_DELIVERED: Outcome.DELIVERED,
    types_pb2.DELIVERY_OUTCOME_REFUSED: Outcome.REFUSED,
}


class Server:
    """One server. Its answers are one result a message; a call that fails is a message that is to be tried again."""

    def __init__(
        self, channel: grpc.aio.Channel, tokens: Tokens, *, audience: str = "", most_seconds: float | None = None
    ) -> None:
        self._channel = channel
        self._tokens = tokens
        self._audience = audience
        self._most_seconds = most_seconds  # ours is waited for
        self._token = ("", 0.0)

    async def close(self) -> None:
        """Let go of the channel."""
        await self._channel.close()

    async def reach(self, until: float) -> None:
        """Wait until there is somebody to call, or no time left for it. Of others we do not wait for an answer."""
        if self._most_seconds is None:
            with contextlib.suppress(TimeoutError):  # the call will say so
                async with asyncio.timeout(until - time.monotonic()):
                    await self._channel.channel_ready()

    async def call(
        self, carrier: Carrier, batch: Sequence[Claimed], seconds: float, traceparent: str | None = None
    ) -> list[Result]:
        """Carry out messages of one queue, in so many seconds."""
        send = self._channel.unary_unary(
            carrier.method, request_serializer=carrier.encode, response_deserializer=_response
        )
        metadata = [("authorization", f"Bearer {self._service_token()}"), ("x-request-id", _request_id(batch))]
        if traceparent is not None:
            metadata.append((HEADER, traceparent))
        most = self._most_seconds
        try:
            results: list[Result] = await send(
                carrier.pack(batch),
                timeout=seconds if most is None else min(seconds, most),
                metadata=metadata,
                wait_for_ready=most is None,
            )
        except grpc.aio.AioRpcError as error:
            log.warning("a delivery call failed", extra={"queue": carrier.queue, "code": error.code().name})
            if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                self._token = ("", 0.0)  # a clock has jumped, or its key is gone: the next call has a new one
            return retry_all(batch, f"CALL_{error.code().name}")
        if len(results) != len(batch):
            return retry_all(batch, "CALL_MISCOUNTED")
        return results

    def _service_token(self) -> str:
        token, until = self._token
        if time.monotonic() >= until:
            token = self._tokens.issue_service_token(MAINTENANCE, self._audience)
            self._token = (token, time.monotonic() + _TOKEN_SECONDS)
        return token


class Elsewhere:
    """The servers of subscriptions that ours does not consume."""

    def __init__(self, subscribers: Iterable[EventSubscriber], tokens: Tokens) -> None:
        self._subscribers = {each.subscription: each for each in subscribers}
        self._tokens = tokens
        self._servers: dict[str, Server] = {}

    def part(self, claimed: Sequence[Claimed]) -> tuple[Sequence[Claimed], list[tuple[Server, list[Claimed]]]]:
        """What our server carries out, and what each of the others does."""
        if not self._subscribers:
            return claimed, []
        batches: dict[str, list[Claimed]] = {}
        for each in claimed:
            name = each.subscription or ""
            batches.setdefault(name if name in self._subscribers else "", []).append(each)
        here = batches.pop("", [])
        return here, [(self._server(name), batch) for name, batch in batches.items()]

    async def close(self) -> None:
        """Let go of all channels."""
        for server in self._servers.values():
            await server.close()
        self._servers.clear()

    def _server(self, name: str) -> Server:
        if name not in self._servers:
            subscriber = self._subscribers[name]
            channel = grpc.aio.insecure_channel(subscriber.address)
            self._servers[name] = Server(
                channel, self._tokens, audience=subscriber.audience, most_seconds=_MOST_SECONDS_ELSEWHERE
            )
        return self._servers[name]


def _request_id(batch: Sequence[Claimed]) -> str:
    """A message on its own goes by the id of the call that queued it."""
    try:
        call_id = json.loads(batch[0].message).get("CallId") if len(batch) == 1 else None
    except (ValueError, AttributeError, RecursionError):
        call_id = None  # not a message; whoever carries it out says so
    return call_id if isinstance(call_id, str) and call_id.isascii() and call_id.isprintable() else str(ids.uuid7())


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
