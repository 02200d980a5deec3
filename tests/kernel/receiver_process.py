"""
A server that carries out messages, in a process of its own: it can be brought down by one of them, and started again.

`python -m tests.kernel.receiver_process PORT JOURNAL`: each message that takes effect is a line of the journal.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import grpc
from tenantry.deliveries.v1 import types_pb2

METHOD = "/tests.Deliveries/Deliver"


class Receiver:
    """Does what the names of messages say; a message that comes again is the same one."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._known = set(journal.read_text().split()) if journal.exists() else set()

    async def deliver(self, request: Any, _: object) -> Any:
        """Carry out a batch."""
        return types_pb2.DeliveryBatchResult(results=[await self._carry(json.loads(text)) for text in request.messages])

    async def _carry(self, message: dict[str, str]) -> Any:
        name, message_id = message["Name"], message["MessageId"]
        if name.startswith("killer"):
            os.kill(os.getpid(), signal.SIGKILL)
        if name.startswith("sleeper"):
            await asyncio.sleep(3600)
        if name.startswith("poison") and not self._journal.with_suffix(".mercy").exists():
            return types_pb2.DeliveryResult(
                message_id=message_id, outcome=types_pb2.DELIVERY_OUTCOME_REFUSED, reason="POISON"
            )
        if message_id not in self._known:
            self._known.add(message_id)
            with self._journal.open("a") as journal:
                journal.write(f"{message_id} {name}\n")
        return types_pb2.DeliveryResult(message_id=message_id, outcome=types_pb2.DELIVERY_OUTCOME_DELIVERED)


async def _serve(port: int, journal: Path) -> None:
    server = grpc.aio.server()
    deliver = grpc.unary_unary_rpc_method_handler(
        Receiver(journal).deliver,
        request_deserializer=types_pb2.DeliveryBatch.FromString,
        response_serializer=types_pb2.DeliveryBatchResult.SerializeToString,
    )
    handlers: dict[str, Any] = {"Deliver": deliver}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("tests.Deliveries", handlers),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
