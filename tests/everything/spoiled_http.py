"""HTTP requests that break rules: each valid but in one place, and whatever else HTTP can carry."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tests.everything.calls import rest_request, with_query
from tests.everything.requests import fields_of, is_map
from tests.everything.spoiled import LONG, MEGABYTE, OTHER_KIND, takes_any_character
from tooling.contracts.http_rules import Route

_DEEP = 5_000
DEEP = '{"a":' * _DEEP + "1" + "}" * _DEEP
_LITERALS = {"bare word": b"nonsense", "no number": b"NaN", "open text": b'"', "deep": DEEP.encode()}


@dataclass(frozen=True)
class SpoiledHttp:
    """An HTTP request that breaks a rule."""

    place: str
    how: str
    verb: str
    target: str
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def spoiled_by_rest(route: Route, valid: Message) -> Iterator[SpoiledHttp]:
    """Every way to spoil a request of this route, one place at a time."""
    yield from _spoiled_paths(route, valid)
    target, body = rest_request(route, valid)
    separator = "&" if "?" in target else "?"
    yield SpoiledHttp("query", "unknown parameter", route.verb, f"{target}{separator}nonsense=1", _json(body))
    if isinstance(body, HttpBody):
        return  # whatever it says, it is for the operation to judge
    if body is None:
        yield from _spoiled_queries(route, valid)
    else:
        yield from _spoiled_members(route, valid, target, body)
        yield from _spoiled_bodies(route, target, body)


def _spoiled_paths(route: Route, valid: Message) -> Iterator[SpoiledHttp]:
    for variable in route.variables:
        target, mark, body = _marked(route, valid, variable)
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


def _marked(route: Route, valid: Message, variable: str) -> tuple[str, str, Any]:
    """The target and the body of a request, and what stands in its path for a variable."""
    marked, mark = type(valid)(), "PLACE0OF0VALUE"
    marked.CopyFrom(valid)
    kind = valid.DESCRIPTOR.fields_by_name[variable].enum_type
    if kind is None:
        setattr(marked, variable, mark)
    else:  # no other word would go in, and this one stands nowhere else
        mark = kind.values_by_number[getattr(valid, variable)].name
    target, body = rest_request(route, marked)
    return target, mark, body


def _spoiled_queries(route: Route, valid: Message) -> Iterator[SpoiledHttp]:
    path, _ = rest_request(route, valid)
    path = path.partition("?")[0]
    kept = {name: value for name, value in MessageToDict(valid).items() if _name(valid, name) not in route.variables}
    for each in fields_of(valid):
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
    for each in fields_of(valid):
        if each.name in route.variables:
            continue
        for how, value in _members(each, body.get(each.json_name, "")):
            spoiled = body | {each.json_name: value}
            yield SpoiledHttp(each.name, how, route.verb, target, _json(spoiled))
        for how, literal in _LITERALS.items():
            marked = _json(body | {each.json_name: "PLACE"}) or b""
            yield SpoiledHttp(each.name, how, route.verb, target, marked.replace(b'"PLACE"', literal))


def _members(each: FieldDescriptor, valid: Any) -> Iterator[tuple[str, Any]]:
    if each.is_repeated and each.message_type is not None and not is_map(each):
        yield from [("texts in a list", ["word"]), ("text", "word")]  # any object is a message without what it lacks
        return
    yield "object", {"nonsense": {"deep": 1}} if is_map(each) else {"nonsense": 1}
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
    if isinstance(body, HttpBody):
        return bytes(body.data)
    return None if body is None else json.dumps(body).encode()


def _name(message: Message, json_name: str) -> str:
    return next(each.name for each in fields_of(message) if each.json_name == json_name)
