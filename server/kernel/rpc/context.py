"""The types of the context that gRPC hands to a handler."""

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import grpc

Context = grpc.aio.ServicerContext[Any, Awaitable[Any]]
StreamContext = grpc.aio.ServicerContext[Any, AsyncIterator[Any]]  # of handlers that stream their answers
