"""Sends requests over one gRPC channel, again when that is safe. Waits for the answer; usable from many threads."""

import time
from collections.abc import Callable
from typing import Any, cast

import grpc

from tenantry_client.credentials import Metadata
from tenantry_client.deadlines import Deadline
from tenantry_client.errors import FailedCall, TenantryError, error_of
from tenantry_client.methods import Method, Request, Response
from tenantry_client.retries import RetryPolicy
from tenantry_client.targets import Target, channel_credentials, channel_options


class TransportSync:
    """One channel."""

    def __init__(self, target: Target, root_certificates: bytes | None) -> None:
        options = channel_options()
        if target.tls:
            self._channel = grpc.secure_channel(target.address, channel_credentials(root_certificates), options)
        else:
            self._channel = grpc.insecure_channel(target.address, options)
        self._calls: dict[str, Callable[..., Any]] = {}

    def send(
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
                return self._attempt(method, request, metadata, seconds)
            except TenantryError as error:
                wait = retries.wait(error, attempt=attempt, may_be_repeated=method.may_be_repeated)
                if wait is None or wait >= deadline.seconds_left:
                    raise
            time.sleep(wait)
            attempt += 1

    def close(self) -> None:
        """Close the channel. Calls under way are cancelled."""
        self._channel.close()

    def _attempt(
        self, method: Method[Request, Response], request: Request, metadata: Metadata, seconds: float
    ) -> Response:
        try:
            response: Response = self._call(method)(request, timeout=seconds, metadata=metadata)
        except grpc.RpcError as failed:
            # grpc raises objects that are calls as well, which its types don't say.
            raise error_of(cast(FailedCall, failed)) from failed
        return response

    def _call(self, method: Method[Request, Response]) -> Callable[..., Response]:
        call = self._calls.get(method.path)
        if call is None:
            call = self._channel.unary_unary(
                method.path,
                request_serializer=method.request_type.SerializeToString,
                response_deserializer=method.response_type.FromString,
            )
            self._calls[method.path] = call
        return call
