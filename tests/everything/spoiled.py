"""Native requests that break rules: each valid but in one place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tests.everything.operations import Operation
from tests.everything.requests import assign, fields_of, id_prefix, is_required, rules_of

LONG = "x" * 5_000
MEGABYTE = "x" * 1_000_000
OTHER_KIND = "other_01k9zzzzzzzzzzzzzzzzzzzzzz"
_GARBAGE = {
    "garbage bytes": b"\xff\xff\xff\xff garbage",
    "truncated bytes": b"\x0a\x7fshort",
    "endless group": b"\x0b" * 200,
}
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


def spoiled_but_for_the_organization(operation: Operation, organization_id: str) -> Message:
    """A request whose every field is wrong, for an organization that is right."""
    request = operation.request()
    for each in fields_of(request):
        if each.name == operation.organization_field:
            setattr(request, each.name, organization_id)
        else:
            for _, value in _values(each, ""):
                assign(request, each, value)
    return request


def spoiled_natively(operation: Operation, valid: Message) -> Iterator[Spoiled]:
    """Every way to spoil a request, one field at a time."""
    for each in fields_of(valid):
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
    for each in fields_of(valid):
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
