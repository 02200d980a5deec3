"""Messages and enums as JSON schemas, each once, under ``#/components/schemas``."""

from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto

from tooling.contracts.contract import Contract
from tooling.contracts.openapi.fields import (
    Field,
    is_always_printed,
    is_message,
    is_repeated,
    is_required,
    map_entry,
    type_name,
)
from tooling.contracts.openapi.rules import item_keywords, rule_keywords

Schema = dict[str, Any]

_DURATION = r"^-?[0-9]+(\.[0-9]{1,9})?s$"
_SCALARS: dict[int, Schema] = {
    Field.TYPE_BOOL: {"type": "boolean"},
    Field.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    Field.TYPE_DOUBLE: {"type": "number", "format": "double"},
    Field.TYPE_FLOAT: {"type": "number", "format": "float"},
    Field.TYPE_STRING: {"type": "string"},
    Field.TYPE_UINT32: {"type": "integer", "format": "int64", "minimum": 0},
    Field.TYPE_FIXED32: {"type": "integer", "format": "int64", "minimum": 0},
}
_SCALARS |= {
    kind: {"type": "integer", "format": "int32"} for kind in (Field.TYPE_INT32, Field.TYPE_SINT32, Field.TYPE_SFIXED32)
}
_SCALARS |= {
    kind: {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"}
    for kind in (Field.TYPE_INT64, Field.TYPE_SINT64, Field.TYPE_SFIXED64)
}
_SCALARS |= {
    kind: {"type": "string", "format": "uint64", "pattern": "^[0-9]+$"}
    for kind in (Field.TYPE_UINT64, Field.TYPE_FIXED64)
}
# Messages with a JSON form of their own.
_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": _DURATION},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Empty": {"type": "object"},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
    "google.protobuf.Value": {},
    "google.protobuf.ListValue": {"type": "array", "items": {}},
    "google.protobuf.Any": {
        "type": "object",
        "properties": {"@type": {"type": "string"}},
        "required": ["@type"],
        "additionalProperties": True,
    },
}
_OWN_PACKAGES, _NULL_VALUE = "tenantry.", "google.protobuf.NullValue"


class Schemas:
    """Gathers the schemas that the operations refer to."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.components: dict[str, Schema] = {}

    def request(self, message: str, without: frozenset[str]) -> Schema:
        """Refer to a request message, less the fields that its path fills."""
        return self._refer(message, without=without, is_answer=False)

    def response(self, message: str) -> Schema:
        """Refer to a response message, in which Envoy prints empty values too."""
        return self._refer(message, without=frozenset(), is_answer=True)

    def field(self, field: Field, full_name: str, *, is_answer: bool) -> Schema:
        """Return the schema of a field's value, with its rules and its comment."""
        schema = self._value(field, is_answer=is_answer)
        if is_repeated(field) and not map_entry(field, self._contract):
            schema = {"type": "array", "items": schema | item_keywords(field)}
        schema = schema | rule_keywords(field)
        comment = self._contract.comments.get(full_name)
        return schema | {"description": comment} if comment else schema

    def _value(self, field: Field, *, is_answer: bool) -> Schema:
        if entry := map_entry(field, self._contract):
            return {"type": "object", "additionalProperties": self._value(entry.field[1], is_answer=is_answer)}
        if field.type == Field.TYPE_ENUM:
            return self._enum(type_name(field))
        if is_message(field):
            return self._refer(type_name(field), without=frozenset(), is_answer=is_answer)
        return dict(_SCALARS[field.type])

    def _refer(self, message: str, *, without: frozenset[str], is_answer: bool) -> Schema:
        if message in _WELL_KNOWN:
            return dict(_WELL_KNOWN[message])
        if wrapped := _wrapped(message, self._contract):
            return self._value(wrapped, is_answer=is_answer)
        name = self._component_name(message, is_answer=is_answer)
        if name not in self.components:
            self.components[name] = {}  # a message may hold itself
            self.components[name] = self._message(message, without, is_answer=is_answer)
        return {"$ref": f"#/components/schemas/{name}"}

    def _message(self, full_name: str, without: frozenset[str], *, is_answer: bool) -> Schema:
        message = self._contract.messages[full_name]
        fields = [field for field in message.field if field.name not in without]
        schema: Schema = {"type": "object"}
        if description := self._description(full_name, message):
            schema["description"] = description
        if fields:
            schema["properties"] = {
                field.json_name: self.field(field, f"{full_name}.{field.name}", is_answer=is_answer) for field in fields
            }
        needed = is_always_printed if is_answer else is_required
        if required := [field.json_name for field in fields if needed(field)]:
            schema["required"] = required
        return schema

    def _description(self, full_name: str, message: DescriptorProto) -> str:
        lines = [self._contract.comments.get(full_name, "")]
        for index, oneof in enumerate(message.oneof_decl):
            choices = [
                field.json_name
                for field in message.field
                if field.HasField("oneof_index") and field.oneof_index == index and not field.proto3_optional
            ]
            if choices:
                lines.append(f"At most one of {', '.join(choices)} ({oneof.name}).")
        return "\n\n".join(line for line in lines if line)

    def _enum(self, full_name: str) -> Schema:
        if full_name == _NULL_VALUE:
            return {"type": "null"}
        name = _short(full_name)
        if name not in self.components:
            values = self._contract.enums[full_name].value
            comments = self._contract.comments
            lines = [comments.get(full_name, "")]
            # A value's comment stands beside it, whatever its type is nested in.
            lines += [f"- {value.name}: {comments.get(f'{full_name}.{value.name}', '')}" for value in values]
            self.components[name] = {
                "type": "string",
                "enum": [value.name for value in values],
                "description": "\n".join(lines),
            }
        return {"$ref": f"#/components/schemas/{name}"}

    def _component_name(self, message: str, *, is_answer: bool) -> str:
        """
        Name the schema of a message.

        One that requests and answers share has two schemas, since answers print what requests may leave out.
        """
        name = _short(message)
        is_request = message.endswith("Request")
        return name if is_answer or is_request else f"{name}.Input"


def _short(full_name: str) -> str:
    return full_name.removeprefix(_OWN_PACKAGES)


def _wrapped(message: str, contract: Contract) -> Field | None:
    is_wrapper = message.startswith("google.protobuf.") and message.endswith("Value")
    return contract.messages[message].field[0] if is_wrapper else None
