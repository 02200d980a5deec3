"""What holds for every contract, beyond what buf checks."""

from pathlib import Path

import pytest
from google.api.field_behavior_pb2 import field_behavior
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from tenantry.options.v1 import access_pb2

from tests.contracts.conftest import compiled
from tooling.contracts.contract import Contract
from tooling.contracts.openapi.fields import find_field

DEFAULT_ORGANIZATION_FIELD = "organization_id"

FORGETFUL = """
syntax = "proto3";
package tenantry.forgetful.v1;
service ForgetfulService { rpc Forget(ForgetRequest) returns (ForgetResponse); }
message ForgetRequest {}
message ForgetResponse {}
"""


def test_an_rpc_that_does_not_say_who_may_call_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "forgetful.proto").write_text(FORGETFUL)
    descriptors = compiled(tmp_path, "forgetful.proto", tmp_path / "out.binpb")

    with pytest.raises(ValueError, match=r"ForgetfulService/Forget does not say who may call it"):
        Contract.of(descriptors)


def test_every_rpc_has_a_rest_side(contract: Contract) -> None:
    assert [operation.path for operation in contract.operations if not operation.routes] == []


def test_no_two_rpcs_share_a_route(contract: Contract) -> None:
    routes = [(route.verb, route.pattern) for operation in contract.operations for route in operation.routes]
    assert len(routes) == len(set(routes))


def test_whatever_is_put_can_be_patched(contract: Contract) -> None:
    for operation in contract.operations:
        put = {route.path for route in operation.routes if route.verb == "PUT"}
        patched = {route.path for route in operation.routes if route.verb == "PATCH"}
        assert put <= patched, operation.path


def test_every_request_field_says_how_it_behaves(contract: Contract) -> None:
    silent = [
        f"{operation.method.input_type}.{field.name}"
        for operation in contract.operations
        for field in contract.messages[operation.method.input_type.removeprefix(".")].field
        if not field.options.Extensions[field_behavior]
    ]
    assert silent == []


def test_every_rpc_and_message_and_field_is_commented(everything: FileDescriptorSet, contract: Contract) -> None:
    own = [file.package for file in everything.file if file.package.startswith("tenantry.")]
    silent = [operation.path for operation in contract.operations if not operation.comment]
    for name, message in contract.messages.items():
        if any(name.startswith(f"{package}.") for package in own) and not message.options.map_entry:
            parts = [name, *(f"{name}.{field.name}" for field in message.field)]
            silent += [part for part in parts if not contract.comments.get(part)]
    assert silent == []


def test_a_request_id_and_the_promise_to_keep_answers_come_together(contract: Contract) -> None:
    for operation in contract.operations:
        request = contract.messages[operation.method.input_type.removeprefix(".")]
        has_request_id = any(field.name == "request_id" for field in request.field)
        kept = operation.access.idempotency != access_pb2.IDEMPOTENCY_UNSPECIFIED
        # Operations with rules of their own know a repeat by something else.
        if operation.access.idempotency != access_pb2.IDEMPOTENCY_OWN:
            assert has_request_id == kept, operation.path


def test_a_call_within_an_organization_names_it(contract: Contract) -> None:
    for operation in contract.operations:
        if operation.access.tenant_role or operation.access.tenant_feature:
            request = contract.messages[operation.method.input_type.removeprefix(".")]
            named = operation.access.organization_field or DEFAULT_ORGANIZATION_FIELD
            assert named in {field.name for field in request.field}, operation.path


def test_what_a_path_fills_is_a_field_of_the_request(contract: Contract) -> None:
    for operation in contract.operations:
        request = contract.messages[operation.method.input_type.removeprefix(".")]
        for route in operation.routes:
            for variable in route.variables:
                find_field(request, variable, contract)
