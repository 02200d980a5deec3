"""Print a file descriptor as ``.proto`` source. Comments and options are not in it: what remains is the wire format."""

from collections.abc import Iterator, Sequence

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

_MAX_FIELD_NUMBER = 536870911
_INDENT = "  "


def print_proto(file: FileDescriptorProto) -> str:
    """Return proto2 source that compiles to the same messages, enums and extensions."""
    lines = ['syntax = "proto2";', "", f"package {file.package};", ""]
    lines += [f'import "{name}";' for name in sorted(file.dependency)]
    for enum in file.enum_type:
        lines += ["", *_enum(enum)]
    for message in file.message_type:
        lines += ["", *_message(message)]
    lines += ["", *_extensions(file.extension)] if file.extension else []
    return "\n".join(lines) + "\n"


def _message(message: DescriptorProto) -> Iterator[str]:
    yield f"message {message.name} {{"
    for enum in message.enum_type:
        yield from _indented(_enum(enum))
    for nested in message.nested_type:
        yield from _indented(_message(nested))
    open_oneof: int | None = None
    for field in message.field:
        oneof = field.oneof_index if field.HasField("oneof_index") and not field.proto3_optional else None
        if oneof != open_oneof:
            if open_oneof is not None:
                yield f"{_INDENT}}}"
            if oneof is not None:
                yield f"{_INDENT}oneof {message.oneof_decl[oneof].name} {{"
            open_oneof = oneof
        yield f"{_INDENT}{_INDENT}{_field(field)}" if oneof is not None else f"{_INDENT}{_labelled(field)}"
    if open_oneof is not None:
        yield f"{_INDENT}}}"
    for span in message.reserved_range:
        yield f"{_INDENT}reserved {span.start} to {span.end - 1};"
    for extensible in message.extension_range:
        end = "max" if extensible.end > _MAX_FIELD_NUMBER else str(extensible.end - 1)
        yield f"{_INDENT}extensions {extensible.start} to {end};"
    if message.extension:
        yield from _indented(_extensions(message.extension))
    yield "}"


def _enum(enum: EnumDescriptorProto) -> Iterator[str]:
    yield f"enum {enum.name} {{"
    for value in enum.value:
        yield f"{_INDENT}{value.name} = {value.number};"
    for span in enum.reserved_range:
        yield f"{_INDENT}reserved {span.start} to {span.end};"
    yield "}"


def _extensions(fields: Sequence[FieldDescriptorProto]) -> Iterator[str]:
    for field in fields:
        yield f"extend {field.extendee} {{"
        yield f"{_INDENT}{_labelled(field)}"
        yield "}"


def _labelled(field: FieldDescriptorProto) -> str:
    label = FieldDescriptorProto.Label.Name(field.label).removeprefix("LABEL_").lower()
    return f"{label} {_field(field)}"


def _field(field: FieldDescriptorProto) -> str:
    kind = field.type_name or FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    return f"{kind} {field.name} = {field.number};"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (_INDENT + line for line in lines)
