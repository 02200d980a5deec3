"""
What happens to a call before and after its handler, composed once per method when the server is built.

In this order: last-resort error mapping, request id, trace and access log, deadline, authenticate, rate class,
organization, access, validate, idempotency, handler. Streams go through the same steps with their first message.
"""

import asyncio
import itertools
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import Message

from server.kernel.access.caller import NOBODY, Call, set_current_call
from server.kernel.clock import Clock
from server.kernel.errors import Refusal
from server.kernel.rpc import access, validation
from server.kernel.rpc.authentication import Authentication
from server.kernel.rpc.deadlines import Deadlines
from server.kernel.rpc.errors import code_of, expire, fail, refuse
from server.kernel.rpc.idempotency import Idempotency
from server.kernel.rpc.methods import Method
from server.kernel.rpc.rates import Rates
from server.kernel.rpc.validation import Check
from server.kernel.telemetry.calls import CallWatch
from server.kernel.telemetry.crashes import crash
from server.kernel.telemetry.spans import Tracer

log = logging.getLogger("tenantry.call")

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.\-]{8,128}")
_LONGEST_SECONDS = 60.0  # whatever deadline a caller sets, and where there is none
_LONGEST_STREAM_SECONDS = 3600.0  # of answers: as long as its reader takes, with or without a deadline
_LOOK_AGAIN_SECONDS = 1.0  # how long a stream goes on for whoever may no longer have it
_PROCESS = secrets.token_hex(8)
_numbers = itertools.count(1)

Handler = Callable[..., Any]
Answer = Callable[[Call, Any, Any], Awaitable[Any]]  # of a call, its context, and the body or bodies that it sends


@dataclass(frozen=True)
class Pipeline:
    """The steps that every call goes through."""

    authentication: Authentication
    idempotency: Idempotency
    rates: Rates
    clock: Clock
    trusted_gateways: frozenset[str] = frozenset({"127.0.0.1", "::1"})
    logs_every_call: bool = False
    deadlines: Deadlines = field(default_factory=Deadlines)
    tracer: Tracer | None = None

    def compose(self, method: Method, handler: Handler, check: Check | None) -> "grpc.RpcMethodHandler[Any, Any]":
        """The gRPC handler of a method: bytes in, bytes out."""
        watch = CallWatch(method.path, self.tracer)
        if method.is_client_streaming and method.is_server_streaming:
            serve = partial(self._serve, method, watch, self._stream_stream(method, handler, check))
            return grpc.stream_stream_rpc_method_handler(serve)
        if method.is_client_streaming:
            serve = partial(self._serve, method, watch, self._stream_unary(method, handler, check))
            return grpc.stream_unary_rpc_method_handler(serve)
        if method.is_server_streaming:
            serve = partial(self._serve, method, watch, self._unary_stream(method, handler, check))
            return grpc.unary_stream_rpc_method_handler(serve)
        serve = partial(self._serve, method, watch, self._unary_unary(method, handler, check))
        return grpc.unary_unary_rpc_method_handler(serve)

    def _unary_unary(self, method: Method, handler: Handler, check: Check | None) -> Answer:
        async def answer(call: Call, context: Any, body: bytes) -> bytes:
            request = await self._admit(method, check, call, body)
            if method.keeps_answers and request.request_id:
                proceed = partial(_respond, handler, request, context)
                return await self.idempotency.answer(call, method, request, proceed)
            response: Message = await handler(request, context)
            return response.SerializeToString()

        return answer

    def _unary_stream(self, method: Method, handler: Handler, check: Check | None) -> Answer:
        async def answer(call: Call, context: Any, body: bytes) -> None:
            request = await self._admit(method, check, call, body)
            await self._send(method, call, context, handler(request, context))

        return answer

    def _stream_unary(self, method: Method, handler: Handler, check: Check | None) -> Answer:
        async def answer(call: Call, context: Any, bodies: AsyncIterator[bytes]) -> bytes:
            requests = await self._admit_stream(method, check, call, bodies)
            return await _respond(handler, requests, context)

        return answer

    def _stream_stream(self, method: Method, handler: Handler, check: Check | None) -> Answer:
        async def answer(call: Call, context: Any, bodies: AsyncIterator[bytes]) -> None:
            requests = await self._admit_stream(method, check, call, bodies)
            await self._send(method, call, context, handler(requests, context))

        return answer

    async def _serve(self, method: Method, watch: CallWatch, answer: Answer, body: Any, context: Any) -> Any:
        """Steps one to three: whatever happens inside ends as an answer that says no more than it should."""
        started = time.monotonic()
        call = self._open(method, context)
        if watch.is_tracing:
            watch.begin(call)
        set_current_call(call)
        try:
            try:
                remaining = context.time_remaining()
                if remaining is None or remaining > _LONGEST_SECONDS:
                    with self.deadlines.after(_seconds(method, remaining)):
                        result = await answer(call, context, body)
                else:
                    result = await answer(call, context, body)
            except Refusal as refusal:
                self._end(watch, call, code_of(refusal).name, started, refusal.reason)
                await refuse(context, refusal, call.request_id)
            except TimeoutError:
                self._end(watch, call, "DEADLINE_EXCEEDED", started)
                await expire(context, call.request_id)
            else:
                self._end(watch, call, "OK", started)
                return result
        except grpc.aio.AbortError:
            raise  # the call has been answered
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                self._end(watch, call, "CANCELLED", started)
                raise
            incident_id = crash(method.path, "unexpected error", error)
            watch.end(call, "INTERNAL", time.monotonic() - started)
            await fail(context, incident_id, call.request_id)

    def _open(self, method: Method, context: Any) -> Call:
        given_metadata = context.invocation_metadata() or ()
        metadata = dict(given_metadata)
        if len(metadata) != len(given_metadata):
            metadata = _joined(given_metadata)
        given = metadata.get("x-request-id")
        is_sane = isinstance(given, str) and _REQUEST_ID.fullmatch(given) is not None
        return Call(
            caller=NOBODY,
            request_id=str(given) if is_sane else _new_request_id(),
            method=method.path,
            metadata=metadata,
            find_client_address=partial(self._client_address, metadata, context),
        )

    def _client_address(self, metadata: dict[str, Any], context: Any) -> str:
        peer: str = context.peer()
        kind, _, rest = peer.partition(":")
        address = "" if kind == "unix" else rest.rpartition(":")[0].strip("[]").replace("%5B", "").replace("%5D", "")
        if kind == "unix" or address in self.trusted_gateways:
            return str(metadata.get("x-envoy-external-address") or address)
        return address

    async def _admit(self, method: Method, check: Check | None, call: Call, body: bytes) -> Any:
        """Steps four to eight: who calls, for which organization, whether that is allowed, and what is asked."""
        if not method.ignores_credentials:
            call.caller = await self.authentication.caller_of(call.metadata)
        if self.rates.is_limited(method.rate_class):
            self.rates.admit(method.rate_class, call)
        request = validation.parse(method.request, body)
        call.organization_id = access.organization_of(method, call.caller, request)
        access.check(method, call.caller, call.organization_id, self.clock())
        validation.validate(request, body, check)
        return request

    async def _admit_stream(
        self, method: Method, check: Check | None, call: Call, bodies: AsyncIterator[bytes]
    ) -> AsyncIterator[Any]:
        first = await anext(bodies, b"")
        request = await self._admit(method, check, call, first)
        return _chain(method, request, bodies)

    async def _send(self, method: Method, call: Call, context: Any, responses: AsyncIterator[Message]) -> None:
        """Write a stream of answers as fast as it is read, for as long as its caller may have it."""
        looked = time.monotonic()
        async for response in responses:
            if time.monotonic() - looked > _LOOK_AGAIN_SECONDS and not method.ignores_credentials:
                call.caller = await self.authentication.caller_of(call.metadata)
                access.check(method, call.caller, call.organization_id, self.clock())
                looked = time.monotonic()
            await context.write(response.SerializeToString())

    def _end(self, watch: CallWatch, call: Call, code: str, started: float, reason: str = "") -> None:
        seconds = time.monotonic() - started
        if code != "OK" or self.logs_every_call:
            facts = {
                "method": call.method,
                "code": code,
                "reason": reason,
                "request_id": call.request_id,
                "caller": call.caller.user_id,
                "organization_id": call.organization_id,
                "milliseconds": round(seconds * 1000, 1),
            }
            log.info("call", extra=facts)
        watch.end(call, code, seconds, reason)


async def _respond(handler: Handler, request: Any, context: Any) -> bytes:
    response: Message = await handler(request, context)
    return response.SerializeToString()


def _seconds(method: Method, remaining: float | None) -> float:
    """How long a call may take whose caller sets no deadline, or one that is far away."""
    if method.is_server_streaming:
        return _LONGEST_STREAM_SECONDS if remaining is None else min(remaining, _LONGEST_STREAM_SECONDS)
    return _LONGEST_SECONDS


def _joined(metadata: Iterable[tuple[str, str | bytes]]) -> dict[str, str | bytes]:
    """
    Metadata whose keys come more than once, each with its values joined by commas, as HTTP has it.

    So of two credentials neither counts. Were one of them taken, others on the way could have looked at the other one.
    """
    found: dict[str, str | bytes] = {}
    for key, value in metadata:
        former = found.get(key)
        found[key] = f"{former}, {value}" if isinstance(former, str) and isinstance(value, str) else value
    return found


def _is_cancelled() -> bool:
    """Whether somebody wants this call to end, rather than something in it having been cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _new_request_id() -> str:
    return f"{_PROCESS}-{next(_numbers):x}"


async def _chain(method: Method, first: Any, bodies: AsyncIterator[bytes]) -> AsyncIterator[Any]:
    yield first
    async for body in bodies:
        yield validation.parse(method.request, body)
