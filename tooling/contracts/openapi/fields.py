"""What a field of a message is: its kind, whether it repeats, and what its options say."""

from buf.validate import validate_pb2
from google.api.field_behavior_pb2 import REQUIRED
from google.api.field_behavior_pb2 import field_behavior as field_behavior_option
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto

from tooling.contracts.contract import Contract

Field = FieldDescriptorProto


def is_repeated(field: Field) -> bool:
    """Whether the field holds a list or a map."""
    return field.label == Field.LABEL_REPEATED


def is_message(field: Field) -> bool:
    """Whether the field holds a message of its own."""
    return field.type in (Field.TYPE_MESSAGE, Field.TYPE_GROUP)


def type_name(field: Field) -> str:
    """The full name of the message or enum that the field holds."""
    return field.type_name.removeprefix(".")


def map_entry(field: Field, contract: Contract) -> DescriptorProto | None:
    """The entry of a map, for a field that is one."""
    if not (is_message(field) and is_repeated(field)):
        return None
    entry = contract.messages[type_name(field)]
    return entry if entry.options.map_entry else None


def is_required(field: Field) -> bool:
    """Whether a request needs the field."""
    return REQUIRED in field.options.Extensions[field_behavior_option] or rules_of(field).required


def is_always_printed(field: Field) -> bool:
    """Whether an answer always holds the field: Envoy prints what is empty too, except what can be absent."""
    can_be_absent = field.proto3_optional or field.HasField("oneof_index") or is_message(field)
    return is_repeated(field) or not can_be_absent


def rules_of(field: Field) -> validate_pb2.FieldRules:
    """The validation rules of the field."""
    return field.options.Extensions[validate_pb2.field]


def find_field(message: DescriptorProto, path: str, contract: Contract) -> tuple[str, Field]:
    """
    Find the field that a dotted path of names leads to.

    Returns:
        its JSON name, dotted too, and the field.

    Raises:
        ValueError: a name on the path is no field.
    """
    json_names: list[str] = []
    field: Field | None = None
    for name in path.split("."):
        if field is not None:
            message = contract.messages[type_name(field)]
        field = next((each for each in message.field if each.name == name), None)
        if field is None:
            raise ValueError(f"The http rule names {path}, and {message.name} has no field {name}.")
        json_names.append(field.json_name)
    assert field is not None
    return ".".join(json_names), field
