"""A real gRPC server that knows every operation and keeps what reaches it, to see what the gateway lets through."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status

DESCRIPTORS = Path(__file__).resolve().parent.parent.parent / "generated" / "descriptors" / "testing.binpb"

MISSING = "org_00000000000000000000000000"
SLOW = "org_00000000000000000000000001"
SLOW_SECONDS = 0.4

_Answer = Callable[[Message, grpc.aio.ServicerContext], Awaitable[Message]]  # type: ignore[type-arg]


@dataclass(frozen=True)
class Call:
    """One call that reached the server."""

    path: str
    request: dict[str, Any]
    metadata: dict[str, str]


class EchoServer(grpc.GenericRpcHandler):
    """Answers every operation with what its request and its response have in common."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.calls: list[Call] = []
        self.health = health.aio.HealthServicer()
        self._server = grpc.aio.server()
        self._server.add_generic_rpc_handlers((self,))
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        self._server.add_insecure_port(address)
        self._pool = descriptor_pool.DescriptorPool()
        for file in FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()).file:
            self._pool.Add(file)

    async def start(self) -> None:
        """Serve."""
        await self.health.set("", health_pb2.HealthCheckResponse.SERVING)
        await self._server.start()

    async def stop(self) -> None:
        """Stop as a server does: say so, then finish what is being answered."""
        await self.health.enter_graceful_shutdown()
        await self._server.stop(grace=2)

    @property
    def last_call(self) -> Call:
        return self.calls[-1]

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Message, Message] | None:
        """Find the operation."""
        path = handler_call_details.method
        service_name, _, name = path.removeprefix("/").rpartition("/")
        try:
            method = self._pool.FindMethodByName(f"{service_name}.{name}")
        except KeyError:
            return None
        request_class = message_factory.GetMessageClass(method.input_type)
        response_class = message_factory.GetMessageClass(method.output_type)
        return grpc.unary_unary_rpc_method_handler(
            self._answer(path, response_class),
            request_deserializer=request_class.FromString,
            response_serializer=response_class.SerializeToString,
        )

    def _answer(self, path: str, response_class: type[Message]) -> _Answer:
        async def answer(request: Message, context: grpc.aio.ServicerContext[Message, Awaitable[Message]]) -> Message:
            metadata = {key: str(value) for key, value in context.invocation_metadata() or ()}
            fields = MessageToDict(request, preserving_proto_field_name=True)
            self.calls.append(Call(path, fields, metadata))
            if fields.get("organization_id") == MISSING:
                await context.abort_with_status(rpc_status.to_status(_not_found()))
            if fields.get("organization_id") == SLOW:
                await asyncio.sleep(SLOW_SECONDS)
            response = response_class()
            organization: Any = getattr(response, "organization", None)
            if organization is not None:
                organization.id = fields.get("organization_id", "")
                organization.name = fields.get("name", "")
            return response

        return answer


def _not_found() -> status_pb2.Status:
    status = status_pb2.Status(code=grpc.StatusCode.NOT_FOUND.value[0], message="There is no such thing: Zoë's.")
    status.details.add().Pack(
        error_details_pb2.ErrorInfo(reason="THING_NOT_FOUND", domain="tenantry", metadata={"id": MISSING})
    )
    violation = error_details_pb2.BadRequest.FieldViolation(field="id", description="unknown", reason="INVALID_ID")
    status.details.add().Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    return status
