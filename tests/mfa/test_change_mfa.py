"""ChangeMfa: a person lets signing in ask for a second factor, or no more."""

import grpc
import pytest
from tenantry.access.v1 import types_pb2
from tenantry.identities.v1.identities_service_pb2 import GetIdentityRequest
from tenantry.identities.v1.identities_service_pb2_grpc import IdentitiesServiceStub
from tenantry.mfa.v1.mfa_service_pb2 import ChangeMfaRequest
from tenantry.users.v1 import end_user_pb2

from server.kernel import ids
from tests.harness import refusal
from tests.mfa.factors import SMS, TOTP, with_token

_OPTIONS = "password_credentials.person_credential_mfa_options_changed.v1"


async def is_mfa_enabled(server, person):
    """What the person is told."""
    identities = IdentitiesServiceStub(server.channel)
    return (await identities.GetIdentity(GetIdentityRequest(), metadata=person.metadata)).identity.is_mfa_enabled


async def option_events(server, person):
    return [name for name in await server.events(person.credential_id) if name == _OPTIONS]


async def test_a_person_switches_it_on(factors, people, server):
    person = await people.person()
    assert not await is_mfa_enabled(server, person)

    credential = await factors.switch(person)

    assert credential.is_mfa_enabled
    assert (credential.id, credential.user.id) == (person.credential_id, person.user_id)
    assert credential.user.access == end_user_pb2.USER_ACCESS_ENABLED
    assert credential.user.status == end_user_pb2.USER_STATUS_REGISTERED
    assert credential.user.classification == types_pb2.USER_CLASSIFICATION_PERSON
    assert list(credential.user.roles) == [types_pb2.PLATFORM_ROLE_STANDARD]
    assert list(credential.user.features) == [types_pb2.FEATURE_LEVEL_PAID_TRIAL, types_pb2.FEATURE_LEVEL_BASIC]
    assert await is_mfa_enabled(server, person), "and the current session goes on"
    assert await option_events(server, person) == [_OPTIONS]
    assert await factors.usages(person, "User MFA Enabled") == [{"Id": person.user_id, "Enabled": "true"}]
    assert await factors.audits(person) == []
    assert await factors.listed(person.metadata) == []


async def test_no_change_succeeds_and_is_a_usage_all_the_same(factors, people, server):
    person = await people.person()

    assert not (await factors.switch(person, is_enabled=False)).is_mfa_enabled
    await factors.switch(person)
    assert (await factors.switch(person)).is_mfa_enabled

    assert len(await option_events(server, person)) == 1
    enabled = [usage["Enabled"] for usage in await factors.usages(person, "User MFA Enabled")]
    assert enabled == ["false", "true", "true"]


async def test_to_switch_it_off_removes_everything_and_ends_a_sign_in_that_waits(factors, people, server):
    # given
    enrolled = await factors.enrolled(TOTP, SMS)
    person, token = enrolled.person, await factors.token(enrolled.person)

    # when
    credential = await factors.switch(person, is_enabled=False)

    # then
    assert not credential.is_mfa_enabled
    assert not await is_mfa_enabled(server, person)
    removed = "SELECT data ->> 'authenticator_type' AS type FROM kernel.event WHERE name LIKE '%removed.v1'"
    rows = await server.rows(f"{removed} AND data ->> 'user_id' = $1 ORDER BY version", person.user_id)
    assert [row["type"] for row in rows] == ["totp", "oob_sms", "recovery_codes"]
    assert (await refusal(factors.listed(with_token(token)))).reason == "MFA_TOKEN_INVALID"
    assert (await people.sign_in(person.email_address)).user_id == person.user_id


async def test_to_switch_it_on_again_begins_with_nothing(factors):
    enrolled = await factors.enrolled()
    await factors.switch(enrolled.person, is_enabled=False)
    await factors.switch(enrolled.person)

    assert await factors.listed(enrolled.person.metadata) == []
    again = await factors.associate(TOTP, metadata=enrolled.person.metadata)
    assert len(again.recovery_codes) == 10
    assert not set(again.recovery_codes) & set(enrolled.recovery_codes)


async def test_whoever_has_to_use_it_cannot_switch_it_off(factors, server):
    enrolled = await factors.enrolled()
    sql = "UPDATE password_credentials.person_credential SET mfa_can_be_disabled = false WHERE id = $1"
    await server.rows(sql, ids.decode("cred", enrolled.person.credential_id))

    refused = await refusal(factors.switch(enrolled.person, is_enabled=False))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "MFA_CANNOT_BE_DISABLED")
    assert len(await factors.listed(enrolled.person.metadata)) == 2
    assert (await factors.switch(enrolled.person)).is_mfa_enabled, "no change needs no leave"


@pytest.mark.parametrize(
    ("column", "reason"), [("verified_at", "REGISTRATION_NOT_VERIFIED"), ("password_hash", "PASSWORD_NOT_SET")]
)
async def test_a_credential_that_is_not_complete_is_left_alone(factors, people, server, column, reason):
    person = await people.person()
    sql = f"UPDATE password_credentials.person_credential SET {column} = NULL WHERE id = $1"
    await server.rows(sql, ids.decode("cred", person.credential_id))

    refused = await refusal(factors.switch(person))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, reason)
    assert await option_events(server, person) == []
    assert await factors.usages(person, "User MFA Enabled") == []


async def test_whoever_has_no_password_credential_is_told_so(factors, people, server):
    person = await people.person()
    await server.rows(
        "DELETE FROM password_credentials.person_credential WHERE id = $1", ids.decode("cred", person.credential_id)
    )

    refused = await refusal(factors.switch(person))

    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "CREDENTIAL_NOT_FOUND")


async def test_a_service_account_has_no_password_credential(factors, server):
    refused = await refusal(factors.service.ChangeMfa(ChangeMfaRequest(is_enabled=True), metadata=server.as_service()))

    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "CREDENTIAL_NOT_FOUND")


async def test_whether_must_be_said(factors, people):
    person = await people.person()

    refused = await refusal(factors.service.ChangeMfa(ChangeMfaRequest(), metadata=person.metadata))

    assert refused.violations == {"is_enabled": "INVALID_IS_ENABLED"}


async def test_nobody_who_is_not_signed_in_may(factors):
    refused = await refusal(factors.service.ChangeMfa(ChangeMfaRequest(is_enabled=True)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED")
