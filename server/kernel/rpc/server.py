"""The gRPC server of one process: services behind the pipeline, health, reflection, graceful stop."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from server.kernel.rpc.methods import BadContract, read_methods, without_testing
from server.kernel.rpc.pipeline import Pipeline
from server.kernel.subdomain import Service

log = logging.getLogger(__name__)

_OPTIONS = [
    ("grpc.so_reuseport", 1),
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.absolute_max_metadata_size", 16 * 1024),
    ("grpc.max_connection_age_ms", 30 * 60 * 1000),
    ("grpc.max_connection_age_grace_ms", 60 * 1000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
]


class Server:
    """Answers calls until it is drained."""

    def __init__(self, pipeline: Pipeline, services: Iterable[Service], *, is_testing: bool, reflects: bool) -> None:
        self._server = grpc.aio.server(options=_OPTIONS)
        self._health = health.aio.HealthServicer()
        self._handlers = _Handlers()
        served = [service for service in services if self._add(pipeline, service, is_testing=is_testing)]
        self._names = ["", *(service.descriptor.full_name for service in served)]
        self._server.add_generic_rpc_handlers((self._handlers,))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        if reflects:
            visible = [*self._names[1:], health_pb2.DESCRIPTOR.services_by_name["Health"].full_name]
            reflection.enable_server_reflection([*visible, reflection.SERVICE_NAME], self._server)

    def listen(self, addresses: Sequence[str]) -> list[int]:
        """
        Take addresses (``host:port`` or ``unix:path``) and return their ports.

        Raises:
            RuntimeError: One is taken.
        """
        return [self._server.add_insecure_port(address) for address in addresses]

    async def start(self, *, is_ready: bool = True) -> None:
        """Begin to answer."""
        await self.be_ready(is_ready)
        await self._server.start()

    async def be_ready(self, is_ready: bool) -> None:
        """Say by grpc.health.v1 whether calls should come here."""
        status = health_pb2.HealthCheckResponse.SERVING if is_ready else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in self._names:
            await self._health.set(name, status)

    async def drain(self, *, notice_seconds: float, grace_seconds: float) -> None:
        """Say that no more calls should come, wait for that to be heard, finish those that run, and close."""
        await self._health.enter_graceful_shutdown()
        await asyncio.sleep(notice_seconds)
        await self._server.stop(grace_seconds)

    def _add(self, pipeline: Pipeline, service: Service, *, is_testing: bool) -> bool:
        methods = without_testing(read_methods(service.descriptor), is_testing=is_testing)
        for method in methods:
            handler = getattr(service.servicer, method.name, None)
            if handler is None:
                raise BadContract(f"nothing answers {method.path}")
            check = getattr(service.servicer, f"check_{method.name}", None)
            self._handlers.by_path[method.path] = pipeline.compose(method, handler, check)
        return bool(methods)


class _Handlers(grpc.GenericRpcHandler):
    """All methods in one place: gRPC asks handlers one after the other, and of services there are many."""

    def __init__(self) -> None:
        self.by_path: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any] | None":
        return self.by_path.get(handler_call_details.method)
