"""VerifyMfaAuthenticator: somebody signs in with a second factor."""

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
    ("kind", "name", "amr"),
    [
        (TOTP, "totp", "otp"),
        (SMS, "oob_sms", "sms"),
        (EMAIL, "oob_email", "email"),
        (RECOVERY, "recovery_codes", "recovery"),
    ],
)


async def answer_of(factors, enrolled, kind, token):
    """A right code, and the handle with it."""
    if kind == TOTP:
        return factors.app_code(enrolled.secret), {}
    if kind == RECOVERY:
        return enrolled.recovery_codes[0], {}
    challenge = await factors.challenge(token, await factors.id_of(enrolled.person, kind))
    return await factors.sent_code(enrolled.person, kind), {"oob_code": challenge.oob_code}


@KINDS
async def test_a_right_code_opens_a_session(factors, kind, name, amr):
    # given
    enrolled = await factors.enrolled(kind if kind != RECOVERY else TOTP)
    person, token = enrolled.person, await factors.token(enrolled.person)
    code, handle = await answer_of(factors, enrolled, kind, token)

    # when
    tokens = await factors.verify(kind, code, token, **handle)

    # then
    claims = jwt.decode(tokens.access_token.value, options={"verify_signature": False})
    assert (tokens.user_id, claims["sub"]) == (person.user_id, person.user_id)
    assert claims["amr"] == ["pwd", amr, "mfa"]
    assert claims["auth_time"] == claims["iat"]
    assert await factors.listed(bearer(tokens.access_token.value))
    assert await factors.listed(person.metadata), "other sessions go on"
    assert await factors.state(person, name) == "verified"
    assert (await factors.events(person))[-1] == "authenticator_verified"
    assert (await factors.audits(person))[-1] == "Passed"
    usages = await factors.usages(person, "User 2FA Login")
    assert usages[-1] == {"Id": person.user_id, "MfaAuthenticatorType": name}
    [_, login] = await factors.usages(person, "User Login")
    assert (login["AuthProvider"], login["UserIdOverride"]) == ("credentials", person.user_id)
    assert (await refusal(factors.listed(with_token(token)))).reason == "MFA_TOKEN_INVALID", "it is used up"


@KINDS
async def test_no_code_is_good_twice(factors, kind, name, amr):
    enrolled = await factors.enrolled(kind if kind != RECOVERY else TOTP)
    token = await factors.token(enrolled.person)
    code, handle = await answer_of(factors, enrolled, kind, token)
    await factors.verify(kind, code, token, **handle)

    again = await factors.token(enrolled.person)
    refused = await refusal(factors.verify(kind, code, again, **handle))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "MFA_CODE_INVALID")


@KINDS
async def test_a_wrong_code_is_audited_and_counted(factors, kind, name, amr):
    enrolled = await factors.enrolled(kind if kind != RECOVERY else TOTP)
    person, token = enrolled.person, await factors.token(enrolled.person)
    code, handle = await answer_of(factors, enrolled, kind, token)
    state, events = await factors.state(person, name), await factors.events(person)

    refused = await refusal(factors.verify(kind, "zzzzz-zzzzz" if kind == RECOVERY else wrong(code), token, **handle))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "MFA_CODE_INVALID")
    assert (await factors.audits(person))[-1] == "Failed.InvalidMfa"
    assert (await factors.row(person))["wrong_answers"] == 1
    assert (await factors.state(person, name), await factors.events(person)) == (state, events)
    assert len(await factors.usages(person, "User Login")) == 1
    await factors.verify(kind, code, token, **handle)


async def test_a_code_that_was_sent_needs_a_challenge(factors):
    """What was sent at the association is used up by it."""
    enrolled = await factors.enrolled(SMS)
    token, code = await factors.token(enrolled.person), await factors.sent_code(enrolled.person, SMS)

    handle = enrolled.handed_out[SMS].oob_code
    refused = await refusal(factors.verify(SMS, code, token, oob_code=handle))

    assert refused.reason == "MFA_CODE_INVALID"


@pytest.mark.parametrize("kind", [SMS, EMAIL])
async def test_a_right_code_with_another_handle_is_wrong(factors, kind):
    enrolled = await factors.enrolled(kind)
    token = await factors.token(enrolled.person)
    code, _ = await answer_of(factors, enrolled, kind, token)

    refused = await refusal(factors.verify(kind, code, token, oob_code="A" * 43))

    assert refused.reason == "MFA_CODE_INVALID"
    assert (await factors.row(enrolled.person))["wrong_answers"] == 1


@pytest.mark.parametrize(("seconds", "is_good"), [(599, True), (600, False)])
async def test_a_code_that_was_sent_is_good_for_ten_minutes(factors, server, seconds, is_good):
    enrolled = await factors.enrolled(SMS)
    server.clock.stop_at(server.clock())
    code, handle = await answer_of(factors, enrolled, SMS, await factors.token(enrolled.person))

    server.clock.advance(timedelta(seconds=seconds))
    token = await factors.token(enrolled.person)

    call = factors.verify(SMS, code, token, **handle)
    if is_good:
        assert await call
    else:
        assert (await refusal(call)).reason == "MFA_CODE_INVALID"


async def test_recovery_codes_are_read_as_people_write_them(factors):
    enrolled = await factors.enrolled()
    first, second, third, *_ = enrolled.recovery_codes

    for written in (first.upper(), second.replace("-", ""), third.replace("0", "O").replace("1", "I")):
        await factors.verify(RECOVERY, written, await factors.token(enrolled.person))


async def test_each_recovery_code_is_good_once_and_there_are_ten(factors, server):
    enrolled = await factors.enrolled()

    for code in enrolled.recovery_codes:
        await factors.verify(RECOVERY, code, await factors.token(enrolled.person))

    token = await factors.token(enrolled.person)
    for code in enrolled.recovery_codes[:2]:
        assert (await refusal(factors.verify(RECOVERY, code, token))).reason == "MFA_CODE_INVALID"
    await factors.verify(TOTP, factors.app_code(enrolled.secret), token)


async def test_recovery_codes_alone_do_not_sign_in(factors):
    """Else those that are shown at the association would do."""
    person = await factors.person()
    token = await factors.token(person)
    given = await factors.associate(TOTP, token)

    refused = await refusal(factors.verify(RECOVERY, given.recovery_codes[0], token))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "MFA_NOT_CONFIRMED")
    assert (await factors.row(person))["wrong_answers"] == 0


async def test_what_is_not_confirmed_does_not_sign_in(factors):
    enrolled = await factors.enrolled()
    given = await factors.associate(SMS, metadata=enrolled.person.metadata)
    code, token = await factors.sent_code(enrolled.person, SMS), await factors.token(enrolled.person)

    refused = await refusal(factors.verify(SMS, code, token, oob_code=given.oob_code))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "MFA_NOT_CONFIRMED")


@KINDS
async def test_what_is_not_associated_does_not_sign_in(factors, kind, name, amr):
    person = await factors.person()
    token = await factors.token(person)
    code = "abcde-fghjk" if kind == RECOVERY else "123456"

    refused = await refusal(factors.verify(kind, code, token, oob_code="A" * 43))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "MFA_NOT_ASSOCIATED")
    assert "Failed.InvalidMfa" not in await factors.audits(person)


async def test_somebody_signed_in_has_nothing_to_verify(factors):
    enrolled = await factors.enrolled()
    token, code = await factors.token(enrolled.person), factors.app_code(enrolled.secret)

    for given in (code, "nonsense"):  # who may call comes before what is asked
        refused = await refusal(factors.verify(TOTP, given, token, metadata=enrolled.person.metadata))
        assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ALREADY_AUTHENTICATED")
    await factors.verify(TOTP, code, token)


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"authenticator_type": 0}, {"authenticator_type": "INVALID_AUTHENTICATOR_TYPE"}),
        ({"authenticator_type": 99}, {"authenticator_type": "INVALID_AUTHENTICATOR_TYPE"}),
        ({"confirmation_code": ""}, {"confirmation_code": "INVALID_CONFIRMATION_CODE"}),
        ({"confirmation_code": "1234567"}, {"confirmation_code": "INVALID_CONFIRMATION_CODE"}),
        ({"confirmation_code": "abcde-fghjk"}, {"confirmation_code": "INVALID_CONFIRMATION_CODE"}),
        ({"authenticator_type": RECOVERY}, {"confirmation_code": "INVALID_CONFIRMATION_CODE"}),
        ({"authenticator_type": SMS}, {"oob_code": "INVALID_OOB_CODE"}),
        ({"oob_code": "short"}, {"oob_code": "INVALID_OOB_CODE"}),
        ({"mfa_token": ""}, {"mfa_token": "INVALID_MFA_TOKEN"}),
        ({"mfa_token": "short"}, {"mfa_token": "INVALID_MFA_TOKEN"}),
        ({"request_id": "no uuid"}, {"request_id": "INVALID_REQUEST_ID"}),
    ],
)
async def test_fields_outside_their_rules_are_refused_and_not_counted(factors, fields, violations):
    enrolled = await factors.enrolled()
    token = await factors.token(enrolled.person)
    valid = {"authenticator_type": TOTP, "confirmation_code": "123456", "mfa_token": token}
    request = mfa.VerifyMfaAuthenticatorRequest(**(valid | fields))

    refused = await refusal(factors.service.VerifyMfaAuthenticator(request))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)
    assert (await factors.row(enrolled.person))["wrong_answers"] == 0


async def test_a_repeat_gets_the_same_tokens_for_ten_seconds(factors, server):
    enrolled = await factors.enrolled()
    token = await factors.token(enrolled.person)
    request = mfa.VerifyMfaAuthenticatorRequest(
        authenticator_type=TOTP,
        confirmation_code=factors.app_code(enrolled.secret),
        mfa_token=token,
        request_id=str(uuid.uuid4()),
    )

    answers = [await factors.service.VerifyMfaAuthenticator(request) for _ in range(3)]
    server.clock.advance(timedelta(seconds=11))
    late = await refusal(factors.service.VerifyMfaAuthenticator(request))

    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert late.reason == "MFA_TOKEN_INVALID"
    assert len(await factors.usages(enrolled.person, "User Login")) == 2
