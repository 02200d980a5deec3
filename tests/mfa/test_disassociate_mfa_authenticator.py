"""DisassociateMfaAuthenticator: a person does without an authenticator."""

from dataclasses import replace

import grpc

from server.kernel import ids
from server.kernel.access.roles import FeatureLevel
from tests.harness import refusal
from tests.mfa.factors import RECOVERY, SMS, TOTP
from tests.signed_in import bearer


async def test_an_authenticator_is_removed(factors):
    enrolled = await factors.enrolled(TOTP, SMS)
    person = enrolled.person

    await factors.disassociate(person, await factors.id_of(person, TOTP))

    assert [each.type for each in await factors.listed(person.metadata)] == [RECOVERY, SMS]
    assert (await factors.events(person))[-1] == "authenticator_removed"
    usages = await factors.usages(person, "User MFA Disassociated")
    assert usages == [{"Id": person.user_id, "MfaAuthenticatorType": "totp"}]
    token = await factors.token(person)
    refused = await refusal(factors.verify(TOTP, factors.app_code(enrolled.secret), token))
    assert refused.reason == "MFA_NOT_ASSOCIATED"
    await factors.verify(RECOVERY, enrolled.recovery_codes[0], token)


async def test_one_that_was_never_confirmed_is_removed_too(factors):
    person = await factors.person()
    await factors.associate(TOTP, metadata=person.metadata)

    await factors.disassociate(person, await factors.id_of(person, TOTP))

    assert await factors.listed(person.metadata) == []


async def test_the_recovery_codes_go_with_the_last_one_and_a_sign_in_begins_anew(factors):
    enrolled = await factors.enrolled()
    person = enrolled.person

    await factors.disassociate(person, await factors.id_of(person, TOTP))

    assert await factors.listed(person.metadata) == []
    assert (await factors.events(person))[-2:] == ["authenticator_removed"] * 2
    token = await factors.token(person)
    again = await factors.associate(TOTP, token)
    assert len(again.recovery_codes) == 10
    answer = await factors.confirm(TOTP, factors.app_code(again.secret), token)
    assert answer.tokens.user_id == person.user_id


async def test_recovery_codes_are_not_removed_by_themselves(factors):
    enrolled = await factors.enrolled()
    person = enrolled.person

    refused = await refusal(factors.disassociate(person, await factors.id_of(person, RECOVERY)))

    assert (refused.code, refused.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "MFA_RECOVERY_CODES_NOT_REMOVABLE",
    )
    assert len(await factors.listed(person.metadata)) == 2


async def test_what_is_unknown_or_another_persons_is_not_found(factors):
    enrolled, other = await factors.enrolled(), await factors.enrolled()

    for id in (ids.new_id("mfaauth"), await factors.id_of(other.person, TOTP)):
        refused = await refusal(factors.disassociate(enrolled.person, id))
        assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "MFA_AUTHENTICATOR_NOT_FOUND")
    assert len(await factors.listed(other.person.metadata)) == 2


async def test_a_malformed_id_is_refused(factors):
    person = await factors.person()

    for id in ("", "nonsense", ids.new_id("user")):
        assert (await refusal(factors.disassociate(person, id))).violations == {"id": "INVALID_ID"}


async def test_it_is_for_those_who_pay(factors, server):
    enrolled = await factors.enrolled()
    person, id = enrolled.person, await factors.id_of(enrolled.person, TOTP)
    sql = "UPDATE users.end_user SET level = $2 WHERE id = $1"
    await server.rows(sql, ids.decode("user", person.user_id), FeatureLevel.BASIC.value)
    tokens = await factors.verify(TOTP, factors.app_code(enrolled.secret), await factors.token(person))

    # In a session of its own, of which nothing is remembered.
    refused = await refusal(factors.disassociate(replace(person, tokens=tokens), id))

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "FEATURE_REQUIRED")
    assert len(await factors.listed(bearer(tokens.access_token.value))) == 2
