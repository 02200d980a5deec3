"""GetRegistrationConfirmation: tests read the token that the mail has. Testing builds only."""

import grpc
import pytest
from tenantry.password_credentials.v1.password_credentials_service_pb2 import (
    DESCRIPTOR,
    GetRegistrationConfirmationRequest,
)

from server import composition
from server.kernel.ids import new_id
from server.kernel.rpc.methods import read_methods, without_testing
from tests.harness import refusal


def get(people, user_id):
    return people.service.GetRegistrationConfirmation(GetRegistrationConfirmationRequest(user_id=user_id))


async def test_the_token_of_a_pending_registration_is_returned(people, server):
    person, address = await people.register()

    token = (await get(people, person.user.id)).token

    assert len(await server.queued("emails", f"#token={token}")) == 1
    assert address in (await server.queued("emails", f"#token={token}"))[0]


async def test_a_confirmed_registration_has_none(people, server):
    person = await people.person()

    refused = await refusal(get(people, person.user_id))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REGISTRATION_ALREADY_VERIFIED")


async def test_somebody_without_a_credential_has_none(people):
    refused = await refusal(get(people, new_id("user")))

    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "CREDENTIAL_NOT_FOUND")


async def test_a_malformed_id_is_refused(people):
    refused = await refusal(get(people, "cred_01"))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, {"user_id": "INVALID_ID"})


def test_production_has_neither_the_operation_nor_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTRY_ENV", "production")

    methods = read_methods(DESCRIPTOR.services_by_name["PasswordCredentialsService"])

    assert "GetRegistrationConfirmation" not in {found.name for found in without_testing(methods, is_testing=False)}
    schemas = {history.schema for history in composition.histories()}
    assert "password_credentials" in schemas
    assert "password_credentials_testing" not in schemas
