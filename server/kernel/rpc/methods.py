"""What the contract says of each RPC: who may call it, and how a repeat is treated."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from tenantry.access.v1 import types_pb2
from tenantry.options.v1 import access_pb2

from server.kernel.access.roles import FeatureLevel, PlatformRole, TenantRole

_PLATFORM_ROLES = {
    types_pb2.PLATFORM_ROLE_STANDARD: PlatformRole.STANDARD,
    types_pb2.PLATFORM_ROLE_OPERATIONS: PlatformRole.OPERATIONS,
    types_pb2.PLATFORM_ROLE_INTERNAL_SERVICE: PlatformRole.INTERNAL_SERVICE,
    types_pb2.PLATFORM_ROLE_EXTERNAL_WEBHOOK_SERVICE: PlatformRole.EXTERNAL_WEBHOOK_SERVICE,
}
_TENANT_ROLES = {
    types_pb2.TENANT_ROLE_MEMBER: TenantRole.MEMBER,
    types_pb2.TENANT_ROLE_OWNER: TenantRole.OWNER,
    types_pb2.TENANT_ROLE_BILLING_ADMIN: TenantRole.BILLING_ADMIN,
}
_FEATURES = {
    types_pb2.FEATURE_LEVEL_BASIC: FeatureLevel.BASIC,
    types_pb2.FEATURE_LEVEL_PAID_TRIAL: FeatureLevel.PAID_TRIAL,
    types_pb2.FEATURE_LEVEL_PAID2: FeatureLevel.PAID2,
    types_pb2.FEATURE_LEVEL_PAID3: FeatureLevel.PAID3,
}


class BadContract(Exception):
    """An RPC does not say who may call it, or says something that cannot be held."""


@dataclass(frozen=True)
class Method:
    """One RPC and its rules."""

    path: str
    name: str
    request: type[Message]
    is_client_streaming: bool
    is_server_streaming: bool
    caller: int
    platform_role: PlatformRole | None
    platform_feature: FeatureLevel | None
    tenant_role: TenantRole | None
    tenant_feature: FeatureLevel | None
    organization_field: str
    is_testing_only: bool
    idempotency: int
    sign_in_max_age_seconds: int
    ignores_credentials: bool
    rate_class: int

    # Asked at each call.

    @cached_property
    def is_tenanted(self) -> bool:
        """Whether it is for one organization."""
        return self.tenant_role is not None

    @cached_property
    def keeps_answers(self) -> bool:
        """Whether the pipeline keeps the answers of those calls that carry a request_id."""
        return self.idempotency not in (access_pb2.IDEMPOTENCY_UNSPECIFIED, access_pb2.IDEMPOTENCY_OWN)


def read_methods(service: ServiceDescriptor) -> list[Method]:
    """
    The RPCs of a service.

    Raises:
        BadContract: One has no access option, or one that cannot be held.
    """
    return [_read(service, method) for method in service.methods]


def without_testing(methods: Iterable[Method], *, is_testing: bool) -> list[Method]:
    """The RPCs that exist in this build."""
    return [method for method in methods if is_testing or not method.is_testing_only]


def _read(service: ServiceDescriptor, method: MethodDescriptor) -> Method:
    access: Any = method.GetOptions().Extensions[access_pb2.access]
    path = f"/{service.full_name}/{method.name}"
    fields = method.input_type.fields_by_name
    if access.caller == types_pb2.CALLER_UNSPECIFIED:
        raise BadContract(f"{path} does not say who may call it")
    field = access.organization_field or "organization_id"
    if (access.tenant_role or access.tenant_feature) and field not in fields:
        raise BadContract(f"{path} asks for a role in an organization that its request does not name")
    if access.tenant_feature and not access.tenant_role:
        raise BadContract(f"{path} asks for a feature of an organization but for no role in it")
    if ("request_id" in fields) != bool(access.idempotency):
        raise BadContract(f"{path}: request_id and idempotency go together")
    if access.idempotency and (method.client_streaming or method.server_streaming):
        _allow_own(path, access.idempotency)
    return Method(
        path=path,
        name=method.name,
        request=_class_of(method.input_type),
        is_client_streaming=method.client_streaming,
        is_server_streaming=method.server_streaming,
        caller=access.caller,
        platform_role=_PLATFORM_ROLES.get(access.platform_role),
        platform_feature=_FEATURES.get(access.platform_feature),
        tenant_role=_TENANT_ROLES.get(access.tenant_role),
        tenant_feature=_FEATURES.get(access.tenant_feature),
        organization_field=field,
        is_testing_only=access.testing_only,
        idempotency=access.idempotency,
        sign_in_max_age_seconds=access.sign_in_max_age_seconds,
        ignores_credentials=access.ignores_credentials,
        rate_class=access.rate_class,
    )


def _allow_own(path: str, idempotency: int) -> None:
    if idempotency != access_pb2.IDEMPOTENCY_OWN:
        raise BadContract(f"{path}: the answer of a stream cannot be kept")


def _class_of(descriptor: Descriptor) -> type[Message]:
    return GetMessageClass(descriptor)
