"""Calling any operation, natively or by REST through the gateway, and what came back in one form."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import grpc
import httpx
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from tests.everything.operations import Operation
from tests.harness import Metadata, refusal_of
from tooling.contracts.http_rules import Route

SECONDS = 60
FAILURES = {
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.DATA_LOSS,
    grpc.StatusCode.CANCELLED,
}
_CODES = {code.value[0]: code for code in grpc.StatusCode}


@dataclass(frozen=True)
class Answer:
    """What a call ended with."""

    code: grpc.StatusCode
    reason: str = ""
    violations: Mapping[str, str] = field(default_factory=dict)
    everything: bytes = b""
    """All bytes that came back, headers included: for what must not be among them."""
    body: bytes = b""
    """The response of a native call; of a stream the last one."""

    @property
    def is_ok(self) -> bool:
        return self.code is grpc.StatusCode.OK

    @property
    def says(self) -> str:
        return f"{self.code.name} {self.reason}".strip()


async def call_natively(
    channel: grpc.aio.Channel, operation: Operation, request: Message | bytes, metadata: Metadata = ()
) -> Answer:
    """Call by gRPC. A request may be any bytes."""
    body = request if isinstance(request, bytes) else request.SerializeToString()
    try:
        if operation.streams_answers:
            stream: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(operation.path)
            answers = [each async for each in stream(body, metadata=metadata, timeout=SECONDS)]
        else:
            method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(operation.path)
            answers = [await method(body, metadata=metadata, timeout=SECONDS)]
    except grpc.aio.AioRpcError as error:
        refused = refusal_of(error)
        trailing = dict(error.trailing_metadata() or ())
        everything = repr((error.details(), trailing)).encode()
        everything += _status_text(trailing)
        return Answer(refused.code, refused.reason, refused.violations, everything)
    return Answer(grpc.StatusCode.OK, everything=b"".join(answers), body=answers[-1])


async def call_by_rest(client: httpx.AsyncClient, route: Route, request: Message, metadata: Metadata = ()) -> Answer:
    """Call by REST, with the request in the places that the route gives its fields."""
    target, body = rest_request(route, request)
    return await send(client, route.verb, target, body, metadata)


async def send(
    client: httpx.AsyncClient, verb: str, target: str, body: Any = None, metadata: Metadata = (), **options: Any
) -> Answer:
    """Send any HTTP request, with bytes or JSON, and hold what every JSON answer must be."""
    if isinstance(body, HttpBody):
        options["content"] = body.data
        metadata = (*metadata, ("content-type", body.content_type))
    elif body is not None:
        options["json"] = body
    extensions = {"target": target.encode()}
    answer = await client.request(verb, "/", headers=list(metadata), extensions=extensions, timeout=SECONDS, **options)
    return read_json(answer)


def rest_request(route: Route, request: Message) -> tuple[str, Any]:
    """The path with its query, and the body: JSON, or bytes as they are."""
    fields: dict[str, Any] = MessageToDict(request)
    path = route.plain_path
    for variable in route.variables:
        name = request.DESCRIPTOR.fields_by_name[variable].json_name
        path = path.replace(f"{{{variable}}}", quote(str(fields.pop(name, "")), safe=""))
    if route.body == "*":
        return path, fields
    if not route.body:
        return with_query(path, fields), None
    body = getattr(request, route.body)
    assert isinstance(body, HttpBody), "a route with one field as its JSON body needs a line here"
    fields.pop(request.DESCRIPTOR.fields_by_name[route.body].json_name, None)
    return with_query(path, fields), body


def with_query(path: str, fields: Mapping[str, Any]) -> str:
    """A path with fields as its query string."""
    pairs = [
        f"{quote(name)}={quote(_query_text(value), safe='')}"
        for name, given in fields.items()
        for value in (given if isinstance(given, list) else [given])
    ]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def read_json(answer: httpx.Response) -> Answer:
    """
    What a JSON answer says.

    Raises:
        AssertionError: It is not one that clients can rely on: JSON, and on errors a google.rpc.Status with ErrorInfo.
    """
    everything = repr(answer.headers.multi_items()).encode() + answer.content
    place = f"{answer.request.method} {answer.request.extensions.get('target', b'')[:200]!r} -> {answer.status_code}"
    kind = answer.headers.get("content-type", "")
    assert kind.startswith("application/json"), f"{place} is {kind or 'nothing'}: {answer.text[:200]}"
    if answer.status_code == 200:
        return Answer(grpc.StatusCode.OK, everything=everything)
    status = json.loads(answer.content)
    details = status.get("details", [])
    info = next((detail for detail in details if detail["@type"].endswith("google.rpc.ErrorInfo")), None)
    assert info is not None, f"{place} has no ErrorInfo: {answer.text[:300]}"
    assert info["domain"] == "tenantry", place
    violations = {
        violation["field"]: violation["reason"] for detail in details for violation in detail.get("fieldViolations", [])
    }
    return Answer(_CODES[status["code"]], info["reason"], violations, everything)


def _query_text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool | dict) else str(value)


def _status_text(trailing: Mapping[str, Any]) -> bytes:
    packed = trailing.get("grpc-status-details-bin", b"")
    status = Status.FromString(packed) if packed else Status()
    return b"".join([status.message.encode(), *(detail.value for detail in status.details), base64.b64encode(packed)])
