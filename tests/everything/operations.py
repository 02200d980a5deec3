"""Every operation there is, read from the contracts. No RPC is named here, so none can be forgotten."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from google.api.field_behavior_pb2 import REQUIRED, field_behavior
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet, MethodDescriptorProto, MethodOptions
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from tenantry.access.v1.types_pb2 import CALLER_ANYONE, CALLER_OPERATOR, CALLER_SERVICE
from tenantry.options.v1 import access_pb2

from server.composition import SUBDOMAINS
from tooling.contracts.http_rules import Route, routes_of

ROOT = Path(__file__).resolve().parent.parent.parent
DESCRIPTORS = ROOT / "generated" / "descriptors" / "testing.binpb"


@dataclass(frozen=True)
class Operation:
    """One RPC."""

    descriptor: MethodDescriptor

    @property
    def name(self) -> str:
        return self.descriptor.name

    @property
    def subdomain(self) -> str:
        return self.descriptor.containing_service.full_name.split(".")[1]

    @property
    def path(self) -> str:
        """The path of a native call."""
        return f"/{self.descriptor.containing_service.full_name}/{self.name}"

    @cached_property
    def access(self) -> Any:
        """Who may call it, as the contract says."""
        return self.descriptor.GetOptions().Extensions[access_pb2.access]

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Its REST routes."""
        written = MethodDescriptorProto()
        self.descriptor.CopyToProto(written)
        return routes_of(written)

    @cached_property
    def request(self) -> type[Message]:
        return GetMessageClass(self.descriptor.input_type)

    @cached_property
    def response(self) -> type[Message]:
        return GetMessageClass(self.descriptor.output_type)

    @property
    def is_tenanted(self) -> bool:
        return bool(self.access.tenant_role)

    @property
    def organization_field(self) -> str:
        """The field that names the organization of a call."""
        return self.access.organization_field or "organization_id"

    @property
    def acts_on_an_organization(self) -> bool:
        """Whether it is for no organization and yet must be told one, of which the use case itself asks membership."""
        field = self.descriptor.input_type.fields_by_name.get("organization_id")
        if field is None or self.is_tenanted or self.is_for_operators:
            return False
        return REQUIRED in field.GetOptions().Extensions[field_behavior]

    @property
    def is_service_only(self) -> bool:
        return bool(self.access.caller == CALLER_SERVICE)

    @property
    def is_for_operators(self) -> bool:
        return bool(self.access.caller == CALLER_OPERATOR)

    @property
    def is_open(self) -> bool:
        """Whether anybody may call it, signed in or not."""
        return self.access.caller == CALLER_ANYONE and not self.is_tenanted

    @property
    def is_of_a_sign_in(self) -> bool:
        """Whether it is for somebody who is about to sign in with a second factor."""
        return "mfa_token" in self.descriptor.input_type.fields_by_name

    @property
    def is_of_second_factors(self) -> bool:
        """Whether it is for somebody signed in who has second factors."""
        return "MfaAuthenticator" in self.name and "request_id" not in self.descriptor.input_type.fields_by_name

    @property
    def streams_answers(self) -> bool:
        return bool(self.descriptor.server_streaming)

    @property
    def changes_nothing(self) -> bool:
        return bool(self.descriptor.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS)


def _operations() -> Iterator[Operation]:
    for file in FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()).file:
        if file.package.startswith("tenantry.") and file.service:
            module = importlib.import_module(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
            for service in module.DESCRIPTOR.services_by_name.values():
                yield from (Operation(method) for method in service.methods)


CONTRACTED = sorted(_operations(), key=lambda operation: operation.path)
SERVED = {subdomain.__name__ for subdomain in SUBDOMAINS}
OPERATIONS = [operation for operation in CONTRACTED if operation.subdomain in SERVED]


def by_name(operation: Operation) -> str:
    """What a test of an operation is called."""
    return operation.name
