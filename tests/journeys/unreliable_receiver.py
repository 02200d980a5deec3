"""
What stands between workers and the server in the delivery campaign, and fails.

A tenth of the calls never reaches the server, and of another tenth the answer is lost after everything has been done.
Ordered messages it receives itself, and refuses a fifth of them for now.
"""

import json
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from aiosmtpd.smtp import SMTP, Envelope, Session
from tenantry.deliveries.v1 import types_pb2

from tests.emails.mail_server import MailServer
from tests.journeys.delivery_worker import ORDERED

_FORWARDED = ("authorization", "x-request-id")


class UnreliableReceiver(grpc.GenericRpcHandler):
    """Receives deliveries, and keeps which ordered messages have had their effect."""

    def __init__(self, server: grpc.aio.Channel, chance: random.Random) -> None:
        self._server = server
        self._chance = chance
        self._seen: set[str] = set()
        self.lanes: dict[str, list[int]] = defaultdict(list)
        self.repeats = 0
        self.failures = 0

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        method = handler_call_details.method

        async def receive(body: bytes, context: Any) -> bytes:
            if self._chance.random() < 0.1:
                await self._fail(context)
            answer = self._in_order(body) if method == ORDERED else await self._forward(method, body, context)
            if self._chance.random() < 0.1:
                await self._fail(context)
            return answer

        return grpc.unary_unary_rpc_method_handler(receive)

    async def _fail(self, context: Any) -> None:
        self.failures += 1
        await context.abort(grpc.StatusCode.UNAVAILABLE, "away")

    async def _forward(self, method: str, body: bytes, context: Any) -> bytes:
        metadata = [(name, value) for name, value in context.invocation_metadata() if name in _FORWARDED]
        call: Any = self._server.unary_unary(method)
        answer: bytes = await call(body, metadata=metadata, timeout=context.time_remaining())
        return answer

    def _in_order(self, body: bytes) -> bytes:
        messages = types_pb2.DeliveryBatch.FromString(body).messages
        results = [self._result(json.loads(text)) for text in messages]
        return types_pb2.DeliveryBatchResult(results=results).SerializeToString()

    def _result(self, message: dict[str, Any]) -> types_pb2.DeliveryResult:
        message_id = message["MessageId"]
        if message_id in self._seen:
            self.repeats += 1
        elif self._chance.random() < 0.2:
            outcome = types_pb2.DELIVERY_OUTCOME_RETRY_LATER
            return types_pb2.DeliveryResult(message_id=message_id, outcome=outcome, reason="BY_CHANCE")
        else:
            self._seen.add(message_id)
            self.lanes[message["Lane"]].append(message["Number"])
        return types_pb2.DeliveryResult(message_id=message_id, outcome=types_pb2.DELIVERY_OUTCOME_DELIVERED)


@asynccontextmanager
async def receiving(receiver: UnreliableReceiver) -> AsyncIterator[int]:
    """Serve on a free port, which is given."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((receiver,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield port
    await server.stop(1)


class UnreliableMailServer(MailServer):
    """Refuses a fifth of the mails for now."""

    chance: random.Random

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.chance.random() < 0.2:
            return "451 try again"
        return await super().handle_DATA(server, session, envelope)
