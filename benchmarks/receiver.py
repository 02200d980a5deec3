"""Who takes deliveries in the bench: says of each message that it is delivered, and does nothing else."""

import sys
from typing import Any

import grpc
from tenantry.deliveries.v1 import types_pb2

from benchmarks.awake import METHOD
from benchmarks.loop import run_loop


async def deliver(body: bytes, context: "grpc.aio.ServicerContext[Any, Any]") -> bytes:
    messages = types_pb2.DeliveryBatch.FromString(body).messages
    result = types_pb2.DeliveryResult(outcome=types_pb2.DELIVERY_OUTCOME_DELIVERED)
    return types_pb2.DeliveryBatchResult(results=[result] * len(messages)).SerializeToString()


def receiver(handler: Any = deliver) -> grpc.aio.Server:
    """A server that answers deliveries by *handler*."""
    _, service, method = METHOD.split("/")
    handlers: Any = {method: grpc.unary_unary_rpc_method_handler(handler)}
    server = grpc.aio.server()
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, handlers)])
    return server


async def main(port: int) -> None:
    server = receiver()
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    run_loop(main(int(sys.argv[1])))
