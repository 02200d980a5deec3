"""The contracts as the programs of this package read them: every RPC with its access option, routes and comments."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)
from tenantry.access.v1 import types_pb2
from tenantry.options.v1 import access_pb2

from tooling.contracts.http_rules import Route, routes_of

HTTP_BODY = "google.api.HttpBody"

_OWN = "tenantry."
# Field numbers inside descriptor.proto: a comment's place is a path of them.
_FILE_MESSAGES, _FILE_ENUMS, _FILE_SERVICES = 4, 5, 6
_MESSAGE_FIELDS, _MESSAGE_NESTED, _MESSAGE_ENUMS = 2, 3, 4
_ENUM_VALUES = 2
_SERVICE_METHODS = 2


@dataclass(frozen=True)
class Operation:
    """One RPC."""

    service: str
    """Its service's full name."""
    method: MethodDescriptorProto
    access: access_pb2.Access
    routes: tuple[Route, ...]
    comment: str

    @cached_property
    def path(self) -> str:
        """The path of a native call."""
        return f"/{self.service}/{self.method.name}"

    @cached_property
    def is_service_only(self) -> bool:
        """Whether only our own service accounts may call it."""
        return self.access.caller == types_pb2.CALLER_SERVICE


@dataclass(frozen=True)
class Contract:
    """All contracts, each thing under its full name."""

    operations: tuple[Operation, ...]
    messages: dict[str, DescriptorProto]
    enums: dict[str, EnumDescriptorProto]
    comments: dict[str, str]
    """Of services, RPCs, messages, fields, enums and enum values."""

    @classmethod
    def of(cls, everything: FileDescriptorSet) -> "Contract":
        """Read a descriptor set that was compiled with comments."""
        messages: dict[str, DescriptorProto] = {}
        enums: dict[str, EnumDescriptorProto] = {}
        comments: dict[str, str] = {}
        for file in everything.file:
            names = dict(_names(file, messages, enums))
            for location in file.source_code_info.location:
                name = names.get(tuple(location.path))
                if name and location.leading_comments.strip():
                    comments[name] = _plain(location.leading_comments)
        operations = tuple(_operations(everything, comments))
        return cls(operations, messages, enums, comments)

    def takes_bytes(self, operation: Operation, route: Route) -> bool:
        """Whether a route hands the body over as it comes, whatever it is."""
        request = operation.method.input_type.removeprefix(".")
        if route.body in ("", "*"):
            return route.body == "*" and request == HTTP_BODY
        return any(
            field.name == route.body and field.type_name == f".{HTTP_BODY}" for field in self.messages[request].field
        )


def _operations(everything: FileDescriptorSet, comments: dict[str, str]) -> Iterator[Operation]:
    for file in sorted(everything.file, key=lambda file: file.package):
        if not file.package.startswith(_OWN):
            continue
        for service in file.service:
            full_name = f"{file.package}.{service.name}"
            for method in service.method:
                yield Operation(
                    service=full_name,
                    method=method,
                    access=_access(full_name, method),
                    routes=routes_of(method),
                    comment=comments.get(f"{full_name}.{method.name}", ""),
                )


def _access(service: str, method: MethodDescriptorProto) -> access_pb2.Access:
    access = method.options.Extensions[access_pb2.access]
    if access.caller == types_pb2.CALLER_UNSPECIFIED:
        raise ValueError(f"{service}/{method.name} does not say who may call it: option (tenantry.options.v1.access).")
    return access


def _names(
    file: FileDescriptorProto, messages: dict[str, DescriptorProto], enums: dict[str, EnumDescriptorProto]
) -> Iterator[tuple[tuple[int, ...], str]]:
    for index, message in enumerate(file.message_type):
        yield from _message_names((_FILE_MESSAGES, index), f"{file.package}.{message.name}", message, messages, enums)
    for index, enum in enumerate(file.enum_type):
        yield from _enum_names((_FILE_ENUMS, index), f"{file.package}.{enum.name}", enum, enums)
    for index, service in enumerate(file.service):
        full_name = f"{file.package}.{service.name}"
        yield (_FILE_SERVICES, index), full_name
        for place, method in enumerate(service.method):
            yield (_FILE_SERVICES, index, _SERVICE_METHODS, place), f"{full_name}.{method.name}"


def _message_names(
    path: tuple[int, ...],
    full_name: str,
    message: DescriptorProto,
    messages: dict[str, DescriptorProto],
    enums: dict[str, EnumDescriptorProto],
) -> Iterator[tuple[tuple[int, ...], str]]:
    messages[full_name] = message
    yield path, full_name
    for index, field in enumerate(message.field):
        yield (*path, _MESSAGE_FIELDS, index), f"{full_name}.{field.name}"
    for index, nested in enumerate(message.nested_type):
        yield from _message_names(
            (*path, _MESSAGE_NESTED, index), f"{full_name}.{nested.name}", nested, messages, enums
        )
    for index, enum in enumerate(message.enum_type):
        yield from _enum_names((*path, _MESSAGE_ENUMS, index), f"{full_name}.{enum.name}", enum, enums)


def _enum_names(
    path: tuple[int, ...], full_name: str, enum: EnumDescriptorProto, enums: dict[str, EnumDescriptorProto]
) -> Iterator[tuple[tuple[int, ...], str]]:
    enums[full_name] = enum
    yield path, full_name
    for index, value in enumerate(enum.value):
        yield (*path, _ENUM_VALUES, index), f"{full_name}.{value.name}"


def _plain(comment: str) -> str:
    return "\n".join(line.removeprefix(" ").rstrip() for line in comment.strip("\n").split("\n")).strip()
