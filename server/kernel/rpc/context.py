"""The type of the context that gRPC hands to a handler."""

from collections.abc import Awaitable
from typing import Any

import grpc

Context = grpc.aio.ServicerContext[Any, Awaitable[Any]]
