"""Requests that break rules: each valid but in one place, natively as bytes and by REST as whatever HTTP can carry."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tests.everything.calls import rest_request, with_query
from tests.everything.operations import Operation
from tests.everything.requests import assign, id_prefix, is_required, rules_of
from tooling.contracts.http_rules import Route

LONG = "x" * 5_000
_DEEP = 5_000
DEEP = '{"a":' * _DEEP + "1" + "}" * _DEEP
MEGABYTE = "x" * 1_000_000
OTHER_KIND = "other_01k9zzzzzzzzzzzzzzzzzzzzzz"
_GARBAGE = {
    "garbage bytes": b"\xff\xff\xff\xff garbage",
    "truncated bytes": b"\x0a\x7fshort",
    "endless group": b"\x0b" * 200,
}
_LITERALS = {"bare word": b"nonsense", "no number": b"NaN", "open text": b'"', "deep": DEEP.encode()}
_LENGTH_DELIMITED = 2
_STRANGE_TEXTS = [
    "%",
    "\\",
    "'; --",
    "{}",
    "\U0001f600" * 10,
    "e\u0301",
    "\u202eabc",
    "\ufeffabc",
    "\uffff",
    "a\u2028b",
    "\x85",
]


@dataclass(frozen=True)
class Spoiled:
    """A native request that breaks a rule."""

    place: str
    how: str
    body: bytes


@dataclass(frozen=True)
class SpoiledHttp:
    """An HTTP request that breaks a rule."""

    place: str
    how: str
    verb: str
    target: str
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def spoiled_but_for_the_organization(operation: Operation, organization_id: str) -> Message:
    """A request whose every field is wrong, for an organization that is right."""
    request = operation.request()
    for each in request.DESCRIPTOR.fields:
        if each.name == operation.organization_field:
            setattr(request, each.name, organization_id)
        else:
            for _, value in _values(each, ""):
                assign(request, each, value)
    return request


# Natively -------------------------------------------------------------------------------------------------------


def spoiled_natively(operation: Operation, valid: Message) -> Iterator[Spoiled]:
    """Every way to spoil a request, one field at a time."""
    for each in valid.DESCRIPTOR.fields:
        for how, value in _values(each, getattr(valid, each.name)):
            request = operation.request()
            request.CopyFrom(valid)
            assign(request, each, value)
            yield Spoiled(each.name, how, request.SerializeToString())
        if each.type == FieldDescriptor.TYPE_STRING:
            tag = bytes([each.number << 3 | _LENGTH_DELIMITED])
            yield Spoiled(each.name, "no UTF-8", valid.SerializeToString() + tag + b"\x02\xc3\x28")
            yield Spoiled(each.name, "lone surrogate", valid.SerializeToString() + tag + b"\x03\xed\xa0\x80")
    for how, body in _GARBAGE.items():
        yield Spoiled("request", how, body)


def strange_natively(operation: Operation, valid: Message) -> Iterator[Spoiled]:
    """Values at the very edge of what a field can hold. Whether each is accepted is the operation's business."""
    for each in valid.DESCRIPTOR.fields:
        for how, value in _strange_values(each):
            request = operation.request()
            request.CopyFrom(valid)
            assign(request, each, value)
            yield Spoiled(each.name, how, request.SerializeToString())


def _strange_values(each: FieldDescriptor) -> Iterator[tuple[str, Any]]:
    if each.is_repeated:
        return
    if each.message_type is Timestamp.DESCRIPTOR:
        yield "first instant", Timestamp(seconds=-62135596800)
        yield "last instant", Timestamp(seconds=253402300799, nanos=999_999_999)
        yield "before the epoch", Timestamp(seconds=-1, nanos=999_999_999)
        yield "no instant at all", Timestamp()
    elif each.type == FieldDescriptor.TYPE_INT32:
        yield "greatest number", 2**31 - 1
    elif each.type == FieldDescriptor.TYPE_STRING:
        for text in _STRANGE_TEXTS:
            yield f"{text!r}", text


def _values(each: FieldDescriptor, valid: Any) -> Iterator[tuple[str, Any]]:
    if is_required(each):
        yield "missing", None
    if each.is_repeated:
        yield from _lists(each)
    elif each.type == FieldDescriptor.TYPE_STRING:
        yield from _texts(each, valid)
    elif each.message_type is Timestamp.DESCRIPTOR:
        yield "before year 1", Timestamp(seconds=-62135596801)
        yield "year 10000", Timestamp(seconds=253402300800)
        yield "nanos too many", Timestamp(seconds=1, nanos=1_000_000_000)
        yield "nanos below zero", Timestamp(seconds=1, nanos=-1)
    elif each.type == FieldDescriptor.TYPE_ENUM:
        yield "unknown number", 999
        yield "number below zero", -1
    elif each.type == FieldDescriptor.TYPE_INT32:
        yield "number too small", rules_of(each).int32.gte - 1
        yield "least number", -(2**31)
        if is_required(each):
            yield "greatest number", 2**31 - 1


def _lists(each: FieldDescriptor) -> Iterator[tuple[str, Any]]:
    rules = rules_of(each).repeated
    if each.type == FieldDescriptor.TYPE_STRING:
        yield "null character", ["a\x00b"]
        if rules.max_items:
            yield "too many", ["word"] * (rules.max_items + 1)
        if rules.items.string.max_len:
            yield "too long", [LONG]


def _texts(each: FieldDescriptor, valid: str) -> Iterator[tuple[str, str]]:
    is_id = id_prefix(each) or each.name == "organization_id"
    if is_id:
        yield "malformed id", "nonsense"
        yield "id of another kind", OTHER_KIND
        yield "id in upper case", (valid or OTHER_KIND).upper()
    if each.name in ("page_token", "order_by"):
        yield "nonsense", "nonsense; drop table x"
    yield "too long", LONG
    yield "a megabyte", MEGABYTE
    yield "null character", f"{valid}\x00"
    if not takes_any_character(each):
        yield "control characters", f"{valid}\x07\x1b[31m"


def takes_any_character(each: FieldDescriptor) -> bool:
    """Whether a field takes a secret that people choose: every character is good in a password."""
    return bool(each.GetOptions().debug_redact) and not rules_of(each).string.pattern


# By REST --------------------------------------------------------------------------------------------------------


def spoiled_by_rest(route: Route, valid: Message) -> Iterator[SpoiledHttp]:
    """Every way to spoil a request of this route, one place at a time."""
    yield from _spoiled_paths(route, valid)
    target, body = rest_request(route, valid)
    separator = "&" if "?" in target else "?"
    yield SpoiledHttp("query", "unknown parameter", route.verb, f"{target}{separator}nonsense=1", _json(body))
    if body is None:
        yield from _spoiled_queries(route, valid)
    else:
        yield from _spoiled_members(route, valid, target, body)
        yield from _spoiled_bodies(route, target, body)


def _spoiled_paths(route: Route, valid: Message) -> Iterator[SpoiledHttp]:
    for variable in route.variables:
        mark = "PLACE0OF0VALUE"
        marked = type(valid)()
        marked.CopyFrom(valid)
        setattr(marked, variable, mark)
        target, body = rest_request(route, marked)
        for how, text in {
            "malformed id": "nonsense",
            "id of another kind": OTHER_KIND,
            "null character": "a%00b",
            "control characters": "a%07b",
            "no UTF-8": "a%C3%28",
            "lone surrogate": "a%ED%A0%80",
            "too long": LONG,
            "bad escape": "a%zz",
            "climbs": "..%2f..%2fetc",
        }.items():
            yield SpoiledHttp(variable, how, route.verb, target.replace(mark, text), _json(body))


def _spoiled_queries(route: Route, valid: Message) -> Iterator[SpoiledHttp]:
    path, _ = rest_request(route, valid)
    path = path.partition("?")[0]
    kept = {name: value for name, value in MessageToDict(valid).items() if _name(valid, name) not in route.variables}
    for each in valid.DESCRIPTOR.fields:
        if each.name in route.variables or each.is_repeated:
            continue
        others = {name: value for name, value in kept.items() if name != each.json_name}
        for how, text in _query_values(each).items():
            target = with_query(path, others)
            yield SpoiledHttp(each.name, how, route.verb, f"{target}{'&' if others else '?'}{each.json_name}={text}")


def _query_values(each: FieldDescriptor) -> dict[str, str]:
    if each.message_type is Timestamp.DESCRIPTOR:
        return {"no instant": "nonsense", "year 10000": "10000-01-01T00:00:00Z", "year 0": "0000-01-01T00:00:00Z"}
    if each.type == FieldDescriptor.TYPE_ENUM:
        return {"unknown name": "NONSENSE", "unknown number": "999"}
    if each.type == FieldDescriptor.TYPE_INT32:
        return {"no number": "many", "below zero": "-1", "fraction": "1.5", "too great": "99999999999"}
    if each.type == FieldDescriptor.TYPE_BOOL:
        return {"no truth": "maybe"}
    return {
        "null character": "a%00b",
        "control characters": "a%07b",
        "no UTF-8": "a%C3%28",
        "lone surrogate": "a%ED%A0%80",
        "too long": LONG,
    }


def _spoiled_members(route: Route, valid: Message, target: str, body: dict[str, Any]) -> Iterator[SpoiledHttp]:
    for each in valid.DESCRIPTOR.fields:
        if each.name in route.variables:
            continue
        for how, value in _members(each, body.get(each.json_name, "")):
            spoiled = body | {each.json_name: value}
            yield SpoiledHttp(each.name, how, route.verb, target, _json(spoiled))
        for how, literal in _LITERALS.items():
            marked = _json(body | {each.json_name: "PLACE"}) or b""
            yield SpoiledHttp(each.name, how, route.verb, target, marked.replace(b'"PLACE"', literal))


def _members(each: FieldDescriptor, valid: Any) -> Iterator[tuple[str, Any]]:
    yield "object", {"nonsense": 1}
    if not each.is_repeated:
        yield "list", [[1]]
    if each.is_repeated:
        yield "objects in a list", [{}]  # one text instead of a list of texts is read as a list of one
    elif each.type == FieldDescriptor.TYPE_STRING:
        yield "null character", f"{valid}\x00"
        yield "lone surrogate", f"{valid}\ud800"
        if not takes_any_character(each):
            yield "control characters", f"{valid}\x07"
        yield "too long", LONG
        yield "a megabyte", MEGABYTE
    elif each.message_type is Timestamp.DESCRIPTOR:
        yield from [("no instant", "nonsense"), ("number", 5), ("year 10000", "10000-01-01T00:00:00Z")]
        yield from [("year 0", "0000-01-01T00:00:00Z"), ("no zone", "2030-01-01T00:00:00")]
    elif each.type == FieldDescriptor.TYPE_ENUM:
        yield from [("unknown name", "NONSENSE"), ("unknown number", 999), ("truth", True)]
    elif each.type == FieldDescriptor.TYPE_BOOL:
        yield from [("no truth", "maybe"), ("number", 5)]
    else:
        yield from [("no number", "many"), ("fraction", 1.5), ("too great", 10**30)]


def _spoiled_bodies(route: Route, target: str, body: dict[str, Any]) -> Iterator[SpoiledHttp]:
    text = _json(body) or b""
    for how, content in {
        "no JSON": b"{",
        "a list": b"[]",
        "a text": b'"text"',
        "a number": b"5",
        "deep": DEEP.encode(),
        "deep lists": b"[" * _DEEP,
        "too large": _json(body | {"nonsense": MEGABYTE + MEGABYTE}),
        "two values": text + text,
        "no UTF-8": b'{"\xc3\x28": 1}',
    }.items():
        yield SpoiledHttp("body", how, route.verb, target, content)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", "json"):
        yield SpoiledHttp("body", f"as {kind}", route.verb, target, text, {"content-type": kind})


def _json(body: Any) -> bytes | None:
    return None if body is None else json.dumps(body).encode()


def _name(message: Message, json_name: str) -> str:
    return next(each.name for each in message.DESCRIPTOR.fields if each.json_name == json_name)
