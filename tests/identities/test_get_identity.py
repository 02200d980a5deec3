"""GetIdentity: a caller asks how it can sign in."""

import grpc
import pytest_asyncio
from tenantry.identities.v1.identities_service_pb2 import GetIdentityRequest
from tenantry.identities.v1.identities_service_pb2_grpc import IdentitiesServiceStub

from server.kernel import ids
from tests.harness import refusal


@pytest_asyncio.fixture
async def identities(server):
    return IdentitiesServiceStub(server.channel)


async def test_a_person_with_a_password_learns_it(identities, people):
    person = await people.person()

    identity = (await identities.GetIdentity(GetIdentityRequest(), metadata=person.metadata)).identity

    assert identity.id == person.user_id
    assert identity.has_credentials
    assert not identity.is_mfa_enabled


async def test_a_person_without_a_password_learns_that(identities, people, server):
    person = await people.person()
    await server.rows(
        "DELETE FROM password_credentials.person_credential WHERE id = $1", ids.decode("cred", person.credential_id)
    )

    identity = (await identities.GetIdentity(GetIdentityRequest(), metadata=person.metadata)).identity

    assert (identity.id, identity.has_credentials, identity.is_mfa_enabled) == (person.user_id, False, False)


async def test_nobody_who_is_not_signed_in_has_an_identity(identities):
    refused = await refusal(identities.GetIdentity(GetIdentityRequest()))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")


async def test_a_suspended_person_is_told_so(identities, people):
    person = await people.person()
    await people.suspend(person.user_id)

    refused = await refusal(identities.GetIdentity(GetIdentityRequest(), metadata=person.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_SUSPENDED")
