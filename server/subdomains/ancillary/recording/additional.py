"""The properties that come with what is recorded, as the contract has them."""

import re
from collections.abc import Iterator, Mapping

from google.protobuf.struct_pb2 import Value

from server.kernel import values
from server.kernel.errors import Violation

_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,100}")
_LONGEST_VALUE = 300
_MOST_EXACT = 2**53  # larger whole numbers are not known to the last digit


def violations(additional: Mapping[str, Value]) -> Iterator[Violation]:
    """What is wrong with properties besides their number."""
    for name, value in additional.items():
        if not _NAME.fullmatch(name):
            yield Violation("additional", "INVALID_ADDITIONAL_NAME", "a name must have 1 to 100 printable characters")
        elif not _is_null(value) and not _is_acceptable(value):
            yield Violation(f"additional.{name}", "INVALID_ADDITIONAL_VALUE", "must be a short plain text or a number")


def texts(additional: Mapping[str, Value]) -> dict[str, str]:
    """The values as texts; those that are null are left out."""
    return {name: _text(value) for name, value in additional.items() if not _is_null(value)}


def _is_null(value: Value) -> bool:
    return value.WhichOneof("kind") in {None, "null_value"}


def _is_acceptable(value: Value) -> bool:
    text = _text(value)
    return bool(text) and values.descriptive_name(text, longest=_LONGEST_VALUE) is not None


def _text(value: Value) -> str:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "bool_value":
        return str(value.bool_value)
    if kind != "number_value":
        return ""  # a list or an object
    number = value.number_value
    return str(int(number)) if number.is_integer() and abs(number) <= _MOST_EXACT else repr(number)
