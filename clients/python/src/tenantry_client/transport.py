"""Sends requests over one gRPC channel, again when that is safe. Asynchronous; ``transport_sync`` is its twin."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any

import grpc

from tenantry_client.credentials import Metadata
from tenantry_client.deadlines import Deadline
from tenantry_client.errors import TenantryError, error_of
from tenantry_client.methods import Method, Request, Response
from tenantry_client.retries import RetryPolicy
from tenantry_client.targets import Target, channel_credentials, channel_options


class Transport:
    """One channel, opened by the first call, in the event loop of that call."""

    def __init__(self, target: Target, root_certificates: bytes | None) -> None:
        self._target = target
        self._root_certificates = root_certificates
        self._calls: dict[str, Callable[..., Awaitable[Any]]] = {}

    async def send(
        self,
        method: Method[Request, Response],
        request: Request,
        *,
        metadata: Metadata,
        deadline: Deadline,
        retries: RetryPolicy,
        attempt_timeout: float | None = None,
    ) -> Response:
        """Return the answer, or raise the last attempt's ``TenantryError``."""
        attempt = 1
        while True:
            seconds = min(deadline.seconds_left, attempt_timeout or deadline.seconds_left)
            try:
                return await self._attempt(method, request, metadata, seconds)
            except TenantryError as error:
                wait = retries.wait(error, attempt=attempt, may_be_repeated=method.may_be_repeated)
                if wait is None or wait >= deadline.seconds_left:
                    raise
            await asyncio.sleep(wait)
            attempt += 1

    async def close(self) -> None:
        """Close the channel. Calls under way are cancelled."""
        if "_channel" in self.__dict__:
            await self._channel.close()

    async def _attempt(
        self, method: Method[Request, Response], request: Request, metadata: Metadata, seconds: float
    ) -> Response:
        try:
            response: Response = await self._call(method)(request, timeout=seconds, metadata=metadata)
        except grpc.aio.AioRpcError as failed:
            raise error_of(failed) from failed
        return response

    def _call(self, method: Method[Request, Response]) -> Callable[..., Awaitable[Response]]:
        call = self._calls.get(method.path)
        if call is None:
            call = self._channel.unary_unary(
                method.path,
                request_serializer=method.request_type.SerializeToString,
                response_deserializer=method.response_type.FromString,
            )
            self._calls[method.path] = call
        return call

    @cached_property
    def _channel(self) -> grpc.aio.Channel:
        options = channel_options()
        if not self._target.tls:
            return grpc.aio.insecure_channel(self._target.address, options)
        return grpc.aio.secure_channel(self._target.address, channel_credentials(self._root_certificates), options)
