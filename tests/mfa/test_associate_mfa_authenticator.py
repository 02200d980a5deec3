"""AssociateMfaAuthenticator: somebody begins to associate an app, a number or an address."""

import base64
import json
import re
import uuid
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import grpc
import pytest
from tenantry.mfa.v1 import mfa_service_pb2 as mfa

from server.kernel import ids
from tests.harness import refusal
from tests.mfa.factors import EMAIL, PHONE, RECOVERY, SMS, TOTP, of
from tests.signed_in import bearer

_HANDLE = re.compile(r"[A-Za-z0-9_-]{43}")
BOTH_WAYS = pytest.mark.parametrize("is_signed_in", [True, False])


async def proof(factors, person, is_signed_in):
    """How the person proves who it is: signed in, or with the token of a sign-in."""
    if is_signed_in:
        return {"metadata": person.metadata}
    return {"mfa_token": await factors.token(person)}


@BOTH_WAYS
async def test_an_app_gets_a_secret_and_a_bar_code(factors, is_signed_in):
    person = await factors.person()

    given = await factors.associate(TOTP, **await proof(factors, person, is_signed_in))

    assert set(of(given)) == {"type", "secret", "bar_code_uri", "bar_code_svg", "recovery_codes"}
    assert given.type == TOTP
    assert len(base64.b32decode(given.secret)) == 20
    uri = urlsplit(given.bar_code_uri)
    assert (uri.scheme, uri.netloc, uri.path) == (
        "otpauth",
        "totp",
        f"/Tenantry:{person.email_address}".replace("@", "%40"),
    )
    assert parse_qs(uri.query) == {
        "secret": [given.secret],
        "issuer": ["Tenantry"],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }
    assert ET.fromstring(given.bar_code_svg).tag.endswith("svg")
    assert given.secret not in given.bar_code_svg
    assert await factors.state(person, "totp") == "associated"
    assert await factors.sent("emails", person.email_address) == []
    usages = await factors.usages(person, "User MFA Association Started")
    assert usages == [{"Id": person.user_id, "MfaAuthenticatorType": "totp"}]


@BOTH_WAYS
async def test_a_number_is_sent_a_code(factors, is_signed_in):
    person = await factors.person()
    before = await factors.sent("sms", PHONE)

    given = await factors.associate(SMS, **await proof(factors, person, is_signed_in))

    assert set(of(given)) == {"type", "oob_code", "recovery_codes"}
    assert _HANDLE.fullmatch(given.oob_code)
    [text] = (await factors.sent("sms", PHONE))[len(before) :]
    assert re.fullmatch(r"Use verification code \d{6} to sign in to Tenantry\.", text)
    assert given.oob_code not in text
    assert await factors.state(person, "oob_sms") == "associated"


@BOTH_WAYS
async def test_an_address_is_sent_a_code_and_a_link(factors, server, is_signed_in):
    person = await factors.person()

    given = await factors.associate(EMAIL, **await proof(factors, person, is_signed_in))

    assert set(of(given)) == {"type", "oob_code", "recovery_codes"}
    [body] = await factors.sent("emails", person.email_address)
    code = await factors.sent_code(person, EMAIL)
    assert f"Use verification code <strong>{code}</strong>" in body
    assert f'href="http://localhost:8080/confirm-password-mfaoob#code={code}"' in body
    assert "Hello Ana," in body
    assert given.oob_code not in body
    [mail] = [each for each in await server.queued("emails", person.email_address) if "mfaoob" in each]
    assert '"Subject":"Welcome to Tenantry"' in mail
    assert '"Tags":["user","authentication","mfa"]' in mail


@pytest.mark.parametrize("kind", [SMS, EMAIL])
async def test_whatever_bears_a_code_is_sensitive(factors, server, kind):
    person = await factors.person()
    await factors.associate(kind, metadata=person.metadata)

    queue, to = ("sms", PHONE) if kind == SMS else ("emails", person.email_address)
    assert json.loads((await server.queued(queue, f'"{to}"'))[-1])["Sensitive"] is True


async def test_an_sms_goes_to_the_number_of_the_profile_unless_another_is_given(factors, server):
    person = await factors.person()
    sql = "UPDATE user_profiles.user_profile SET phone_number = '+6421300034' WHERE user_id = $1"
    await server.rows(sql, ids.decode("user", person.user_id))
    request = mfa.AssociateMfaAuthenticatorRequest(authenticator_type=SMS)

    await factors.service.AssociateMfaAuthenticator(request, metadata=person.metadata)
    assert len(await factors.sent("sms", "+6421300034")) == 1

    await factors.associate(SMS, metadata=person.metadata, phone_number="+64 21 300 035")
    assert len(await factors.sent("sms", "+6421300035")) == 1, "in its normal form"


@BOTH_WAYS
async def test_the_first_association_brings_recovery_codes(factors, is_signed_in):
    person = await factors.person()

    given = await factors.associate(TOTP, **await proof(factors, person, is_signed_in))

    assert len(set(given.recovery_codes)) == 10
    assert all(re.fullmatch(r"[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}", code) for code in given.recovery_codes)
    found = [(each.type, each.is_active) for each in await factors.listed(person.metadata)]
    assert found == [(RECOVERY, True), (TOTP, False)]
    assert (await factors.events(person))[-4:] == [
        "authenticator_added",
        "authenticator_added",
        "authenticator_associated",
        "authenticator_associated",
    ]


async def test_to_associate_again_voids_what_was_handed_out_before(factors):
    # given
    person = await factors.person()
    first = await factors.associate(TOTP, metadata=person.metadata)

    # when
    second = await factors.associate(TOTP, metadata=person.metadata)

    # then
    assert second.secret != first.secret
    assert not set(first.recovery_codes) & set(second.recovery_codes)
    assert len(await factors.listed(person.metadata)) == 2
    refused = await refusal(factors.confirm(TOTP, factors.app_code(first.secret), metadata=person.metadata))
    assert refused.reason == "MFA_CODE_INVALID"
    await factors.confirm(TOTP, factors.app_code(second.secret), metadata=person.metadata)
    token = await factors.token(person)
    assert (await refusal(factors.verify(RECOVERY, first.recovery_codes[0], token))).reason == "MFA_CODE_INVALID"
    await factors.verify(RECOVERY, second.recovery_codes[0], token)


async def test_a_code_that_was_sent_before_is_no_longer_good(factors):
    person = await factors.person()
    first = await factors.associate(SMS, metadata=person.metadata)
    code = await factors.sent_code(person, SMS)
    second = await factors.associate(SMS, metadata=person.metadata)
    latest = await factors.sent_code(person, SMS)

    for handle, sent in ((first.oob_code, code), (first.oob_code, latest)):
        refused = await refusal(factors.confirm(SMS, sent, metadata=person.metadata, oob_code=handle))
        assert refused.reason == "MFA_CODE_INVALID"
    await factors.confirm(SMS, latest, metadata=person.metadata, oob_code=second.oob_code)


async def test_recovery_codes_are_never_handed_out_later(factors):
    person = await factors.person()
    await factors.associate(TOTP, metadata=person.metadata)

    second_kind = await factors.associate(SMS, metadata=person.metadata)
    first_again = await factors.associate(TOTP, metadata=person.metadata)
    await factors.confirm(TOTP, factors.app_code(first_again.secret), metadata=person.metadata)
    with_a_confirmed_one = await factors.associate(EMAIL, metadata=person.metadata)

    for given in (second_kind, first_again, with_a_confirmed_one):
        assert list(given.recovery_codes) == []


async def test_somebody_signed_in_may_have_several_kinds(factors):
    enrolled = await factors.enrolled(TOTP, SMS, EMAIL)

    found = [(each.type, each.is_active) for each in await factors.listed(enrolled.person.metadata)]

    assert found == [(RECOVERY, True), (TOTP, True), (SMS, True), (EMAIL, True)]


async def test_whoever_only_knows_the_password_cannot_add_to_what_is_confirmed(factors):
    enrolled = await factors.enrolled()
    token = await factors.token(enrolled.person)

    for kind in (TOTP, SMS, EMAIL):
        refused = await refusal(factors.associate(kind, token))
        assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "MFA_MUST_CHALLENGE")
    assert len(await factors.listed(enrolled.person.metadata)) == 2


async def test_a_kind_that_is_confirmed_is_not_associated_again(factors):
    enrolled = await factors.enrolled()

    refused = await refusal(factors.associate(TOTP, metadata=enrolled.person.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "MFA_ALREADY_ASSOCIATED")
    token = await factors.token(enrolled.person)
    await factors.verify(TOTP, factors.app_code(enrolled.secret), token)


async def test_without_a_number_anywhere_there_is_no_sms(factors):
    person = await factors.person()
    request = mfa.AssociateMfaAuthenticatorRequest(authenticator_type=SMS)

    refused = await refusal(factors.service.AssociateMfaAuthenticator(request, metadata=person.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "MFA_PHONE_REQUIRED")
    assert await factors.listed(person.metadata) == []


@pytest.mark.parametrize("kind", [EMAIL, TOTP])
async def test_without_an_address_in_the_profile_there_is_no_mail_and_no_label(factors, server, kind):
    person = await factors.person()
    # Every profile of a person has one: there must be no profile.
    await server.rows("DELETE FROM user_profiles.user_profile WHERE user_id = $1", ids.decode("user", person.user_id))

    refused = await refusal(factors.associate(kind, metadata=person.metadata))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "MFA_EMAIL_REQUIRED")
    assert await factors.listed(person.metadata) == []


@BOTH_WAYS
async def test_a_repeat_gets_the_same_answer_and_sends_nothing(factors, is_signed_in):
    person = await factors.person()
    how = await proof(factors, person, is_signed_in)
    request = mfa.AssociateMfaAuthenticatorRequest(
        authenticator_type=EMAIL, mfa_token=how.get("mfa_token", ""), request_id=str(uuid.uuid4())
    )

    answers = [
        await factors.service.AssociateMfaAuthenticator(request, metadata=how.get("metadata", ())) for _ in range(3)
    ]

    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert len(await factors.sent("emails", person.email_address)) == 1


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"authenticator_type": 0}, {"authenticator_type": "INVALID_AUTHENTICATOR_TYPE"}),
        ({"authenticator_type": RECOVERY}, {"authenticator_type": "INVALID_AUTHENTICATOR_TYPE"}),
        ({"authenticator_type": 99}, {"authenticator_type": "INVALID_AUTHENTICATOR_TYPE"}),
        ({"mfa_token": "short"}, {"mfa_token": "INVALID_MFA_TOKEN"}),
        ({"phone_number": "021 300 033"}, {"phone_number": "INVALID_PHONE_NUMBER"}),
        ({"phone_number": "+6421"}, {"phone_number": "INVALID_PHONE_NUMBER"}),
        ({"request_id": "no uuid"}, {"request_id": "INVALID_REQUEST_ID"}),
        (
            {"authenticator_type": 0, "phone_number": "x", "mfa_token": "x"},
            {
                "authenticator_type": "INVALID_AUTHENTICATOR_TYPE",
                "phone_number": "INVALID_PHONE_NUMBER",
                "mfa_token": "INVALID_MFA_TOKEN",
            },
        ),
    ],
)
async def test_fields_outside_their_rules_are_refused(factors, fields, violations):
    person = await factors.person()
    request = mfa.AssociateMfaAuthenticatorRequest(**({"authenticator_type": TOTP} | fields))

    refused = await refusal(factors.service.AssociateMfaAuthenticator(request, metadata=person.metadata))

    assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, violations)


async def test_the_session_counts_and_a_token_beside_it_is_ignored(factors):
    person, other = await factors.person(), await factors.person()
    token = await factors.token(other)

    await factors.associate(TOTP, token, metadata=person.metadata)

    assert len(await factors.listed(person.metadata)) == 2
    assert await factors.listed(other.metadata) == []


async def test_a_new_session_begins_nothing(factors, people):
    person = await people.person()

    refused = await refusal(factors.associate(TOTP, metadata=bearer(person.tokens.access_token.value)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "MFA_NOT_ENABLED")
