"""ConfirmMfaAuthenticatorAssociation: a code proves that an authenticator is the person's."""

import uuid
from datetime import timedelta

import grpc
import jwt
import pytest
from tenantry.mfa.v1 import mfa_service_pb2 as mfa

from tests.harness import refusal
from tests.mfa.factors import EMAIL, RECOVERY, SMS, TOTP, with_token, wrong
from tests.signed_in import bearer

KINDS = pytest.mark.parametrize(
    ("kind", "name", "amr"), [(TOTP, "totp", "otp"), (SMS, "oob_sms", "sms"), (EMAIL, "oob_email", "email")]
)


async def begun(factors, person, kind, **proof):
    """An association that waits, and the code that completes it."""
    given = await factors.associate(kind, **proof)
    code = factors.app_code(given.secret) if kind == TOTP else await factors.sent_code(person, kind)
    return given.oob_code, code


@KINDS
async def test_whoever_signs_in_is_in_by_it(factors, kind, name, amr):
    # given
    person = await factors.person()
    token = await factors.token(person)
    handle, code = await begun(factors, person, kind, mfa_token=token)

    # when
    answer = await factors.confirm(kind, code, token, oob_code=handle)

    # then
    assert [(each.type, each.is_active) for each in answer.authenticators] == [(RECOVERY, True), (kind, True)]
    claims = jwt.decode(answer.tokens.access_token.value, options={"verify_signature": False})
    assert (claims["sub"], claims["amr"]) == (person.user_id, ["pwd", amr, "mfa"])
    assert claims["auth_time"] == claims["iat"]
    assert await factors.listed(bearer(answer.tokens.access_token.value))
    assert answer.tokens.session_id != person.tokens.session_id
    assert (await factors.events(person))[-1] == "authenticator_confirmed"
    assert await factors.audits(person) == ["Passed"]
    usages = await factors.usages(person, "User 2FA Login")
    assert usages == [{"Id": person.user_id, "MfaAuthenticatorType": name}]
    assert [usage["AuthProvider"] for usage in await factors.usages(person, "User Login")] == ["credentials"] * 2
    assert (await refusal(factors.listed(with_token(token)))).reason == "MFA_TOKEN_INVALID", "it is used up"


@KINDS
async def test_whoever_is_signed_in_gets_no_tokens(factors, kind, name, amr):
    person = await factors.person()
    handle, code = await begun(factors, person, kind, metadata=person.metadata)

    answer = await factors.confirm(kind, code, metadata=person.metadata, oob_code=handle)

    assert [(each.type, each.is_active) for each in answer.authenticators] == [(RECOVERY, True), (kind, True)]
    assert not answer.HasField("tokens")
    assert await factors.audits(person) == ["Passed"]
    assert len(await factors.usages(person, "User Login")) == 1, "that of the session that goes on"
    assert await factors.listed(person.metadata)


async def test_a_code_of_an_app_that_has_confirmed_it_does_not_sign_in(factors):
    person = await factors.person()
    given = await factors.associate(TOTP, metadata=person.metadata)
    code = factors.app_code(given.secret)
    await factors.confirm(TOTP, code, metadata=person.metadata)

    refused = await refusal(factors.verify(TOTP, code, await factors.token(person)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "MFA_CODE_INVALID")


@KINDS
async def test_a_wrong_code_is_audited_and_counted(factors, kind, name, amr):
    person = await factors.person()
    token = await factors.token(person)
    handle, code = await begun(factors, person, kind, mfa_token=token)

    refused = await refusal(factors.confirm(kind, wrong(code), token, oob_code=handle))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "MFA_CODE_INVALID")
    assert await factors.audits(person) == ["Failed.InvalidMfa"]
    assert (await factors.row(person))["wrong_answers"] == 1
    assert await factors.state(person, name) == "associated"
    assert await factors.usages(person, "User 2FA Login") == []
    await factors.confirm(kind, code, token, oob_code=handle)


@pytest.mark.parametrize("kind", [SMS, EMAIL])
async def test_a_right_code_with_another_handle_is_wrong(factors, kind):
    person = await factors.person()
    token = await factors.token(person)
    _, code = await begun(factors, person, kind, mfa_token=token)

    refused = await refusal(factors.confirm(kind, code, token, oob_code="A" * 43))

    assert refused.reason == "MFA_CODE_INVALID"
    assert (await factors.row(person))["wrong_answers"] == 1


@pytest.mark.parametrize("kind", [SMS, EMAIL])
@pytest.mark.parametrize(("seconds", "is_good"), [(599, True), (600, False)])
async def test_a_code_that_was_sent_is_good_for_ten_minutes(factors, server, kind, seconds, is_good):
    person = await factors.person()
    server.clock.stop_at(server.clock())
    handle, code = await begun(factors, person, kind, metadata=person.metadata)

    server.clock.advance(timedelta(seconds=seconds))
    call = factors.confirm(kind, code, metadata=person.metadata, oob_code=handle)

    if is_good:
        assert await call
    else:
        assert (await refusal(call)).reason == "MFA_CODE_INVALID"


@pytest.mark.parametrize(("steps", "is_good"), [(-2, False), (-1, True), (1, True), (2, False)])
async def test_a_code_of_an_app_is_good_one_step_either_way(factors, server, steps, is_good):
    person = await factors.person()
    server.clock.stop_at(server.clock())
    given = await factors.associate(TOTP, metadata=person.metadata)

    call = factors.confirm(TOTP, factors.app_code(given.secret, steps=steps), metadata=person.metadata)

    if is_good:
        assert await call
    else:
        assert (await refusal(call)).reason == "MFA_CODE_INVALID"


async def test_the_fifth_wrong_code_of_somebody_signed_in_voids_the_association(factors, people):
    # given
    person = await factors.person()
    handle, code = await begun(factors, person, SMS, metadata=person.metadata)

    # when
    for _ in range(5):
        refused = await refusal(factors.confirm(SMS, wrong(code), metadata=person.metadata, oob_code=handle))
        assert refused.reason == "MFA_CODE_INVALID"

    # then
    assert await factors.state(person, "oob_sms") == "created"
    refused = await refusal(factors.confirm(SMS, code, metadata=person.metadata, oob_code=handle))
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "MFA_NOT_ASSOCIATED")
    assert await factors.token(person), "the name is not locked"
    handle, code = await begun(factors, person, SMS, metadata=person.metadata)
    await factors.confirm(SMS, code, metadata=person.metadata, oob_code=handle)


async def test_what_was_not_associated_or_is_confirmed_cannot_be_confirmed(factors):
    enrolled = await factors.enrolled()
    metadata = enrolled.person.metadata

    for kind, code in ((TOTP, factors.app_code(enrolled.secret)), (SMS, "123456")):
        refused = await refusal(factors.confirm(kind, code, metadata=metadata, oob_code="A" * 43))
        assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "MFA_NOT_ASSOCIATED")
    assert "Failed.InvalidMfa" not in await factors.audits(enrolled.person)


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"authenticator_type": 0}, {"authenticator_type": "INVALID_AUTHENTICATOR_TYPE"}),
        ({"authenticator_type": RECOVERY}, {"authenticator_type": "INVALID_AUTHENTICATOR_TYPE"}),
        ({"confirmation_code": ""}, {"confirmation_code": "INVALID_CONFIRMATION_CODE"}),
        ({"confirmation_code": "12345"}, {"confirmation_code": "INVALID_CONFIRMATION_CODE"}),
        ({"confirmation_code": "abcde-fghjk"}, {"confirmation_code": "INVALID_CONFIRMATION_CODE"}),
        ({"oob_code": ""}, {"oob_code": "INVALID_OOB_CODE"}),
        ({"oob_code": "short"}, {"oob_code": "INVALID_OOB_CODE"}),
        ({"mfa_token": "short"}, {"mfa_token": "INVALID_MFA_TOKEN"}),
        ({"request_id": "no uuid"}, {"request_id": "INVALID_REQUEST_ID"}),
    ],
)
async def test_fields_outside_their_rules_are_refused_and_not_counted(factors, fields, violations):
    person = await factors.person()
    handle, code = await begun(factors, person, SMS, metadata=person.metadata)
    valid = {"authenticator_type": SMS, "confirmation_code": code, "oob_code": handle}
    request = mfa.ConfirmMfaAuthenticatorAssociationRequest(**(valid | fields))

    for _ in range(6):
        refused = await refusal(factors.service.ConfirmMfaAuthenticatorAssociation(request, metadata=person.metadata))
        assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)
    await factors.confirm(SMS, code, metadata=person.metadata, oob_code=handle)


async def test_a_repeat_gets_the_same_tokens_for_ten_seconds(factors, server):
    person = await factors.person()
    token = await factors.token(person)
    _, code = await begun(factors, person, TOTP, mfa_token=token)
    request = mfa.ConfirmMfaAuthenticatorAssociationRequest(
        authenticator_type=TOTP, confirmation_code=code, mfa_token=token, request_id=str(uuid.uuid4())
    )

    answers = [await factors.service.ConfirmMfaAuthenticatorAssociation(request) for _ in range(3)]
    server.clock.advance(timedelta(seconds=11))
    late = await refusal(factors.service.ConfirmMfaAuthenticatorAssociation(request))

    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert late.reason == "MFA_TOKEN_INVALID"
    assert len(await factors.usages(person, "User 2FA Login")) == 1
