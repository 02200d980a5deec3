"""ChallengeMfaAuthenticator: an authenticator asks for a code."""

import uuid
from datetime import timedelta

import grpc
import pytest
from tenantry.mfa.v1 import mfa_service_pb2 as mfa

from server.kernel import ids
from tests.harness import refusal
from tests.mfa.factors import EMAIL, PHONE, RECOVERY, SMS, TOTP, of

NAMES = {SMS: "oob_sms", EMAIL: "oob_email", TOTP: "totp", RECOVERY: "recovery_codes"}
SENT = pytest.mark.parametrize("kind", [SMS, EMAIL])


@SENT
async def test_a_new_code_is_sent_to_where_they_are_sent(factors, kind):
    # given
    enrolled = await factors.enrolled(kind)
    token, person = await factors.token(enrolled.person), enrolled.person
    queue, to = ("sms", PHONE) if kind == SMS else ("emails", person.email_address)
    before = await factors.sent(queue, to)

    # when
    challenge = await factors.challenge(token, await factors.id_of(person, kind))

    # then
    assert set(of(challenge)) == {"type", "oob_code"}
    assert challenge.type == kind
    assert challenge.oob_code != enrolled.handed_out[kind].oob_code
    assert len(await factors.sent(queue, to)) == len(before) + 1
    assert await factors.state(person, NAMES[kind]) == "challenged"
    assert (await factors.events(person))[-1] == "authenticator_challenged"
    usages = await factors.usages(person, "User MFA Challenge")
    assert usages == [{"Id": person.user_id, "MfaAuthenticatorType": NAMES[kind]}]


@SENT
async def test_the_next_challenge_voids_the_code_of_the_one_before(factors, kind):
    enrolled = await factors.enrolled(kind)
    token, id = await factors.token(enrolled.person), await factors.id_of(enrolled.person, kind)

    first = await factors.challenge(token, id)
    first_code = await factors.sent_code(enrolled.person, kind)
    second = await factors.challenge(token, id)
    second_code = await factors.sent_code(enrolled.person, kind)

    for handle, code in ((first.oob_code, first_code), (first.oob_code, second_code)):
        assert (await refusal(factors.verify(kind, code, token, oob_code=handle))).reason == "MFA_CODE_INVALID"
    await factors.verify(kind, second_code, token, oob_code=second.oob_code)


@pytest.mark.parametrize("kind", [TOTP, RECOVERY])
async def test_where_nothing_is_sent_nothing_changes(factors, kind):
    enrolled = await factors.enrolled()
    token = await factors.token(enrolled.person)
    before = (await factors.events(enrolled.person), await factors.state(enrolled.person, NAMES[kind]))

    challenge = await factors.challenge(token, await factors.id_of(enrolled.person, kind))

    assert of(challenge) == {"type": kind}
    assert (await factors.events(enrolled.person), await factors.state(enrolled.person, NAMES[kind])) == before
    assert len(await factors.usages(enrolled.person, "User MFA Challenge")) == 1


async def test_somebody_signed_in_is_not_challenged(factors):
    enrolled = await factors.enrolled(SMS)
    token, id = await factors.token(enrolled.person), await factors.id_of(enrolled.person, SMS)

    for given in (token, ""):  # who may call comes before what is asked
        refused = await refusal(factors.challenge(given, id, metadata=enrolled.person.metadata))
        assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ALREADY_AUTHENTICATED")


async def test_what_is_unknown_or_another_persons_is_not_found(factors):
    enrolled, other = await factors.enrolled(SMS), await factors.enrolled(SMS)
    token = await factors.token(enrolled.person)

    for id in (ids.new_id("mfaauth"), await factors.id_of(other.person, SMS)):
        refused = await refusal(factors.challenge(token, id))
        assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "MFA_AUTHENTICATOR_NOT_FOUND")
    assert await factors.state(other.person, "oob_sms") == "confirmed"


async def test_what_is_not_confirmed_is_not_challenged(factors):
    person = await factors.person()
    await factors.associate(SMS, metadata=person.metadata)
    token, before = await factors.token(person), await factors.sent("sms", PHONE)

    refused = await refusal(factors.challenge(token, await factors.id_of(person, SMS)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "MFA_NOT_CONFIRMED")
    assert await factors.sent("sms", PHONE) == before


async def test_a_repeat_gets_the_same_answer_and_sends_nothing(factors, server):
    enrolled = await factors.enrolled(EMAIL)
    token, id = await factors.token(enrolled.person), await factors.id_of(enrolled.person, EMAIL)
    request = mfa.ChallengeMfaAuthenticatorRequest(mfa_token=token, authenticator_id=id, request_id=str(uuid.uuid4()))

    first = await factors.service.ChallengeMfaAuthenticator(request)
    count = len(await factors.sent("emails", enrolled.person.email_address))
    server.clock.advance(timedelta(hours=1))
    late = await factors.service.ChallengeMfaAuthenticator(request)

    assert late == first
    assert len(await factors.sent("emails", enrolled.person.email_address)) == count


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"authenticator_id": ""}, {"authenticator_id": "INVALID_ID"}),
        ({"authenticator_id": "nonsense"}, {"authenticator_id": "INVALID_ID"}),
        ({"mfa_token": ""}, {"mfa_token": "INVALID_MFA_TOKEN"}),
        ({"mfa_token": "short"}, {"mfa_token": "INVALID_MFA_TOKEN"}),
        ({"request_id": "no uuid"}, {"request_id": "INVALID_REQUEST_ID"}),
    ],
)
async def test_fields_outside_their_rules_are_refused(factors, fields, violations):
    valid = {"authenticator_id": ids.new_id("mfaauth"), "mfa_token": "A" * 43}
    request = mfa.ChallengeMfaAuthenticatorRequest(**(valid | fields))

    refused = await refusal(factors.service.ChallengeMfaAuthenticator(request))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)
