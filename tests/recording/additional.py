"""Properties of what is recorded: those that are taken, and those that are refused."""

from typing import Any

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value

NULL = Value(null_value=NULL_VALUE)


def value_of(value: str | float | bool) -> Value:
    """A value as clients send it."""
    if isinstance(value, bool):
        return Value(bool_value=value)
    return Value(string_value=value) if isinstance(value, str) else Value(number_value=value)


def values_of(**values: str | float | bool) -> dict[str, Value]:
    """Several of them."""
    return {name: value_of(value) for name, value in values.items()}


# What the properties are, and where and why they are refused.
REFUSED: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "too many": (values_of(**{f"Name{number}": "x" for number in range(51)}), {"additional": "TOO_MANY_ADDITIONAL"}),
    "no name": ({"": value_of("x")}, {"additional": "INVALID_ADDITIONAL_NAME"}),
    "a long name": ({"x" * 101: value_of("x")}, {"additional": "INVALID_ADDITIONAL_NAME"}),
    "a null character in a name": ({"a\0b": value_of("x")}, {"additional": "INVALID_ADDITIONAL_NAME"}),
    "a line break in a name": ({"a\nb": value_of("x")}, {"additional": "INVALID_ADDITIONAL_NAME"}),
    "an empty text": (values_of(Make=""), {"additional.Make": "INVALID_ADDITIONAL_VALUE"}),
    "a long text": (values_of(Make="x" * 301), {"additional.Make": "INVALID_ADDITIONAL_VALUE"}),
    "markup": (values_of(Make="<b>"), {"additional.Make": "INVALID_ADDITIONAL_VALUE"}),
    "a null character": (values_of(Make="a\0b"), {"additional.Make": "INVALID_ADDITIONAL_VALUE"}),
    "a list": ({"Make": Value(list_value=ListValue())}, {"additional.Make": "INVALID_ADDITIONAL_VALUE"}),
    "an object": ({"Make": Value(struct_value=Struct())}, {"additional.Make": "INVALID_ADDITIONAL_VALUE"}),
    "too large a number": (values_of(Make=1e30), {"additional.Make": "INVALID_ADDITIONAL_VALUE"}),
    "two values": (
        values_of(Make="", Model="{}", Year=2023),
        {"additional.Make": "INVALID_ADDITIONAL_VALUE", "additional.Model": "INVALID_ADDITIONAL_VALUE"},
    ),
}
