"""What the client raises."""

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest
from tenantry.users.v1.users_service_pb2 import ChangeDefaultOrganizationRequest

import tenantry_client
from tenantry_client import FieldViolation, InvalidArgument, PermissionDenied, Tenantry, TenantryError
from tests.clients.python.stand_in import Refusal, StandIn


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("INVALID_ARGUMENT", "InvalidArgument"),
        ("NOT_FOUND", "NotFound"),
        ("ALREADY_EXISTS", "AlreadyExists"),
        ("PERMISSION_DENIED", "PermissionDenied"),
        ("UNAUTHENTICATED", "Unauthenticated"),
        ("FAILED_PRECONDITION", "FailedPrecondition"),
        ("ABORTED", "Aborted"),
        ("RESOURCE_EXHAUSTED", "ResourceExhausted"),
        ("DEADLINE_EXCEEDED", "DeadlineExceeded"),
        ("UNAVAILABLE", "Unavailable"),
        ("UNIMPLEMENTED", "Unimplemented"),
        ("INTERNAL", "InternalError"),
        ("DATA_LOSS", "TenantryError"),
    ],
)
async def test_every_status_code_has_its_class(server: StandIn, client: Tenantry, code: str, name: str) -> None:
    server.failures["ChangeDefaultOrganization"] = [Refusal(grpc.StatusCode[code], "SOME_REASON")]

    with pytest.raises(TenantryError) as refused:
        await client.users.ChangeDefaultOrganization(ChangeDefaultOrganizationRequest(organization_id="org_1"))

    assert type(refused.value) is getattr(tenantry_client, name)
    assert refused.value.code is grpc.StatusCode[code]
    assert (refused.value.reason, refused.value.domain) == ("SOME_REASON", "tenantry")


async def test_an_invalid_argument_names_every_field_and_the_request(server: StandIn, client: Tenantry) -> None:
    bad_request = BadRequest()
    bad_request.field_violations.add(field="name", reason="INVALID_NAME", description="too short")
    bad_request.field_violations.add(field="request_id", reason="INVALID_REQUEST_ID", description="no UUID")
    server.failures["ChangeDefaultOrganization"] = [
        Refusal(grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED", details=(bad_request,), request_id="the-request")
    ]

    with pytest.raises(InvalidArgument) as refused:
        await client.users.ChangeDefaultOrganization(ChangeDefaultOrganizationRequest(organization_id="org_1"))

    assert refused.value.field_violations == (
        FieldViolation("name", "INVALID_NAME", "too short"),
        FieldViolation("request_id", "INVALID_REQUEST_ID", "no UUID"),
    )
    assert refused.value.request_id == "the-request"
    assert str(refused.value).splitlines() == [
        "INVALID_ARGUMENT VALIDATION_FAILED: refused",
        "  name: INVALID_NAME too short",
        "  request_id: INVALID_REQUEST_ID no UUID",
        "  request the-request",
    ]


async def test_the_token_for_a_second_factor_is_in_the_metadata_and_in_no_text(
    server: StandIn, anonymous: Tenantry
) -> None:
    server.failures["AuthenticateCredential"] = [
        Refusal(grpc.StatusCode.PERMISSION_DENIED, "MFA_REQUIRED", mfa_token="a-secret")
    ]

    with pytest.raises(PermissionDenied) as refused:
        await anonymous.sign_in("ada@example.com", "any")

    assert refused.value.metadata["mfa_token"] == "a-secret"
    assert "a-secret" not in f"{refused.value} {refused.value!r}"


async def test_an_error_without_details_is_raised_all_the_same(server: StandIn, client: Tenantry) -> None:
    server.failures["ChangeDefaultOrganization"] = [Refusal(grpc.StatusCode.INTERNAL)]

    with pytest.raises(TenantryError) as refused:
        await client.users.ChangeDefaultOrganization(ChangeDefaultOrganizationRequest(organization_id="org_1"))

    assert refused.value.reason == ""
    assert refused.value.field_violations == ()
