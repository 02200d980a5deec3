"""Whether a request keeps the rules of its contract: all that are broken are said at once."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import protovalidate
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp
from tenantry.options.v1 import fields_pb2

from server.kernel.errors import InvalidArgument, Violation

Check = Callable[[Any], Iterable[Violation]]

_validator = protovalidate.Validator()


def parse(kind: type[Message], body: bytes) -> Message:
    """
    Read a request from the wire.

    Raises:
        InvalidArgument: The bytes are not such a message.
    """
    try:
        return kind.FromString(body)
    except DecodeError:
        raise InvalidArgument(message="The request could not be read.") from None


def validate(request: Message, body: bytes, check: Check | None) -> None:
    """
    Hold the rules of the contract, and then those of the subdomain's *check*, against a request.

    Raises:
        InvalidArgument: With one violation for each field that breaks a rule.
    """
    violations: dict[str, Violation] = {}
    for found in _validator.collect_violations(request):
        violation = _of_contract(request.DESCRIPTOR, found.proto)
        violations.setdefault(violation.field, violation)
    if b"\x00" in body:
        for violation in _null_characters(request, ""):
            violations.setdefault(violation.field, violation)
    for field in _instants(request.DESCRIPTOR):
        if request.HasField(field.name) and not _is_instant(getattr(request, field.name)):
            violations.setdefault(field.name, Violation(field.name, reason_of(field), "is not an instant"))
            request.ClearField(field.name)  # for the check: what cannot be read counts as not given
    if check is not None:
        for violation in check(request):
            violations.setdefault(violation.field, violation)
    if violations:
        raise InvalidArgument(*violations.values())


def _of_contract(descriptor: Any, violation: Any) -> Violation:
    path, last = "", None
    kind = descriptor
    for element in violation.field.elements:
        last = kind.fields_by_name.get(element.field_name) if kind is not None else None
        index = _index_of(element)
        path += ("." if path else "") + element.field_name + (f"[{index}]" if index is not None else "")
        kind = last.message_type if last is not None else None
    reason = reason_of(last) if last is not None else "INVALID_REQUEST"
    return Violation(path, reason, violation.message or "is not valid")


def _index_of(element: Any) -> int | None:
    subscript = element.subscript
    return int(subscript.value) if subscript is not None and subscript.field == "index" else None


@cache
def reason_of(field: FieldDescriptor) -> str:
    """The reason of a violation of *field*."""
    named: str = field.GetOptions().Extensions[fields_pb2.reason]
    if named:
        return named
    if field.name == "id" or (field.name.endswith(("_id", "_ids")) and field.name != "request_id"):
        return "INVALID_ID"
    return f"INVALID_{field.name.upper()}"


@cache
def _instants(descriptor: Descriptor) -> tuple[FieldDescriptor, ...]:
    return tuple(
        field for field in descriptor.fields if field.message_type is Timestamp.DESCRIPTOR and not field.is_repeated
    )


def _is_instant(value: Timestamp) -> bool:
    try:
        value.ToDatetime()
    except (ValueError, OverflowError):
        return False
    return True


def _null_characters(message: Message, prefix: str) -> Iterator[Violation]:
    for field, value in message.ListFields():
        path = prefix + field.name
        values = value if field.is_repeated else [value]
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            for item in values:
                yield from _null_characters(item, path + ".")
        elif field.type == FieldDescriptor.TYPE_STRING and any("\x00" in item for item in values):
            yield Violation(path, reason_of(field), "must not contain a null character")
