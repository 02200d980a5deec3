"""The token of a sign-in that waits for a second factor: how long it is good, and what it is good for."""

from datetime import timedelta

import grpc
import pytest

from server.kernel import ids
from tests.harness import refusal
from tests.mfa.factors import RECOVERY, SMS, TOTP, with_token, wrong
from tests.password_credentials.resets import row_of
from tests.signed_in import PASSWORD

INVALID = (grpc.StatusCode.UNAUTHENTICATED, "MFA_TOKEN_INVALID")


async def told(call):
    refused = await refusal(call)
    return refused.code, refused.reason


async def calls_with(factors, enrolled, token):
    """Every call that takes a token."""
    id = await factors.id_of(enrolled.person, TOTP)
    yield factors.associate(TOTP, token)
    yield factors.confirm(TOTP, "123456", token)
    yield factors.listed(with_token(token))
    yield factors.challenge(token, id)
    yield factors.verify(TOTP, factors.app_code(enrolled.secret), token)


async def test_a_sign_in_that_waits_opens_no_session(factors, people, server):
    enrolled = await factors.enrolled()

    refused = await refusal(people.sign_in(enrolled.person.email_address))

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "MFA_REQUIRED")
    assert len(refused.metadata["mfa_token"]) == 43
    assert (await factors.events(enrolled.person))[-1] == "authentication_initiated"
    assert len(await factors.usages(enrolled.person, "User Login")) == 1, "that of the session before"


@pytest.mark.parametrize("token", ["A" * 43])
async def test_an_unknown_token_is_refused(factors, token):
    enrolled = await factors.enrolled()

    async for call in calls_with(factors, enrolled, token):
        assert await told(call) == INVALID


async def test_without_a_token_nobody_is_let_in(factors):
    assert await told(factors.associate(TOTP)) == INVALID
    assert await told(factors.confirm(TOTP, "123456")) == INVALID
    assert await told(factors.listed(())) == INVALID
    assert await told(factors.listed(with_token("short"))) == INVALID
    # Nor is anything else looked at before.
    assert await told(factors.associate(RECOVERY, phone_number="x")) == INVALID


async def test_the_next_sign_in_replaces_the_token(factors):
    enrolled = await factors.enrolled()
    first, second = await factors.token(enrolled.person), await factors.token(enrolled.person)

    async for call in calls_with(factors, enrolled, first):
        assert await told(call) == INVALID
    assert await factors.listed(with_token(second))


@pytest.mark.parametrize(("seconds", "is_good"), [(599, True), (600, False)])
async def test_a_token_is_good_for_ten_minutes(factors, server, seconds, is_good):
    enrolled = await factors.enrolled()
    server.clock.stop_at(server.clock())
    token = await factors.token(enrolled.person)

    server.clock.advance(timedelta(seconds=seconds))

    if is_good:
        await factors.verify(TOTP, factors.app_code(enrolled.secret), token)
    else:
        async for call in calls_with(factors, enrolled, token):
            assert await told(call) == INVALID


async def test_a_token_that_was_used_is_used_up(factors):
    enrolled = await factors.enrolled()
    token = await factors.token(enrolled.person)
    await factors.verify(RECOVERY, enrolled.recovery_codes[0], token)

    async for call in calls_with(factors, enrolled, token):
        assert await told(call) == INVALID


async def test_five_wrong_answers_void_the_token_and_lock_the_name(factors, people, server):
    # given
    enrolled = await factors.enrolled()
    token = await factors.token(enrolled.person)

    # when
    for _ in range(5):
        call = factors.verify(TOTP, wrong(factors.app_code(enrolled.secret)), token)
        assert (await refusal(call)).reason == "MFA_CODE_INVALID"

    # then
    assert await told(factors.verify(TOTP, factors.app_code(enrolled.secret), token)) == INVALID
    assert (await refusal(people.sign_in(enrolled.person.email_address))).reason == "ACCOUNT_LOCKED"
    events = await server.events(enrolled.person.credential_id)
    assert "password_credentials.person_credential_account_locked.v1" in events
    assert await factors.audits(enrolled.person) == ["Passed", *["Failed.InvalidMfa"] * 5]


async def test_wrong_answers_are_counted_over_all_ways_to_answer(factors, server):
    """Also a wrong handle, and with a lockout that is further away the token goes all the same."""
    enrolled = await factors.enrolled(TOTP, SMS)
    person, token = enrolled.person, await factors.token(enrolled.person)
    challenge = await factors.challenge(token, await factors.id_of(person, SMS))
    code = await factors.sent_code(person, SMS)

    for call in (
        factors.verify(TOTP, wrong(factors.app_code(enrolled.secret)), token),
        factors.verify(SMS, wrong(code), token, oob_code=challenge.oob_code),
        factors.verify(SMS, code, token, oob_code="A" * 43),
        factors.verify(RECOVERY, "zzzzz-zzzzz", token),
    ):
        assert (await refusal(call)).reason == "MFA_CODE_INVALID"

    assert (await factors.row(person))["wrong_answers"] == 4
    await refusal(factors.verify(RECOVERY, "zzzzz-zzzzz", token))
    assert (await factors.row(person))["token_digest"] is None


async def test_a_right_password_does_not_forgive_wrong_codes(factors, people):
    enrolled = await factors.enrolled()
    for _ in range(4):
        token = await factors.token(enrolled.person)
        assert (await refusal(factors.verify(RECOVERY, "zzzzz-zzzzz", token))).reason == "MFA_CODE_INVALID"

    token = await factors.token(enrolled.person)
    assert (await refusal(factors.verify(RECOVERY, "zzzzz-zzzzz", token))).reason == "MFA_CODE_INVALID"

    refused = await refusal(people.sign_in(enrolled.person.email_address))
    assert refused.reason == "ACCOUNT_LOCKED"


async def test_a_right_code_forgives_wrong_passwords_and_codes(factors, people):
    enrolled = await factors.enrolled()
    for _ in range(3):
        assert (await refusal(people.sign_in(enrolled.person.email_address, "wrong"))).reason == "INVALID_CREDENTIALS"
    token = await factors.token(enrolled.person)
    assert (await refusal(factors.verify(RECOVERY, "zzzzz-zzzzz", token))).reason == "MFA_CODE_INVALID"

    await factors.verify(TOTP, factors.app_code(enrolled.secret), token)

    for _ in range(4):
        assert (await refusal(people.sign_in(enrolled.person.email_address, "wrong"))).reason == "INVALID_CREDENTIALS"
    assert await factors.token(enrolled.person, PASSWORD)


async def test_a_name_that_was_locked_meanwhile_lets_nobody_in(factors, people):
    enrolled = await factors.enrolled()
    token = await factors.token(enrolled.person)
    for _ in range(5):
        await refusal(people.sign_in(enrolled.person.email_address, "wrong"))

    for call in (
        factors.verify(TOTP, factors.app_code(enrolled.secret), token),
        factors.confirm(TOTP, "123456", token),
    ):
        assert await told(call) == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_LOCKED")
    assert (await factors.row(enrolled.person))["wrong_answers"] == 0


@pytest.mark.parametrize("is_right", [True, False])
async def test_the_first_code_after_the_cooldown_unlocks_as_a_password_does(factors, people, server, is_right):
    # given: a token that outlives the lock
    enrolled = await factors.enrolled()
    token = await factors.token(enrolled.person)
    for _ in range(5):
        await refusal(people.sign_in(enrolled.person.email_address, "wrong"))
    server.clock.advance(timedelta(seconds=301))
    code = factors.app_code(enrolled.secret)

    # when
    if is_right:
        await factors.verify(TOTP, code, token)
    else:
        assert (await refusal(factors.verify(TOTP, wrong(code), token))).reason == "MFA_CODE_INVALID"

    # then
    events = await server.events(enrolled.person.credential_id)
    assert events[-1] == "password_credentials.person_credential_account_unlocked.v1"
    assert not (await row_of(server, enrolled.person.credential_id))["is_locked"]


async def test_to_be_suspended_ends_a_sign_in_that_waits_for_good(factors, people, server):
    # given
    enrolled = await factors.enrolled()
    token = await factors.token(enrolled.person)

    # when
    await people.suspend(enrolled.person.user_id)

    # then
    assert (await factors.row(enrolled.person))["token_digest"] is None
    assert await told(factors.verify(TOTP, factors.app_code(enrolled.secret), token)) == INVALID
    await people.reinstate(enrolled.person.user_id)
    assert await told(factors.verify(TOTP, factors.app_code(enrolled.secret), token)) == INVALID
    await factors.verify(TOTP, factors.app_code(enrolled.secret), await factors.token(enrolled.person))


async def test_somebody_suspended_is_not_let_in(factors, server):
    enrolled = await factors.enrolled()
    token = await factors.token(enrolled.person)
    # Behind the back of everything that would have ended the sign-in.
    sql = "UPDATE users.end_user SET access = 'suspended' WHERE id = $1"
    await server.rows(sql, ids.decode("user", enrolled.person.user_id))

    for call in (
        factors.verify(TOTP, factors.app_code(enrolled.secret), token),
        factors.confirm(TOTP, "123456", token),
    ):
        assert await told(call) == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_SUSPENDED")
    audits = await server.queued("audits", f'"AgainstId":"{enrolled.person.user_id}"')
    assert sum("Authentication.Password.Failed.AccountSuspended" in text for text in audits) == 2


async def test_a_user_who_is_no_person_any_more_is_told_no_more_than_a_stranger(factors, server):
    enrolled = await factors.enrolled()
    token = await factors.token(enrolled.person)
    sql = "UPDATE users.end_user SET classification = 'machine', email_address = NULL WHERE id = $1"
    await server.rows(sql, ids.decode("user", enrolled.person.user_id))

    refused = await told(factors.verify(TOTP, factors.app_code(enrolled.secret), token))

    assert refused == (grpc.StatusCode.UNAUTHENTICATED, "INVALID_CREDENTIALS")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("verified_at = NULL", "REGISTRATION_NOT_VERIFIED"),
        ("password_hash = NULL", "PASSWORD_NOT_SET"),
        ("is_mfa_enabled = false", "MFA_NOT_ENABLED"),
        ("verified_at = NULL, password_hash = NULL, is_mfa_enabled = false", "REGISTRATION_NOT_VERIFIED"),
    ],
)
async def test_a_credential_that_is_not_that_far_lets_nobody_in(factors, server, change, reason):
    enrolled = await factors.enrolled()
    token = await factors.token(enrolled.person)
    calls = [call async for call in calls_with(factors, enrolled, token)]
    metadata = enrolled.person.metadata
    calls += [factors.associate(SMS, metadata=metadata), factors.confirm(TOTP, "123456", metadata=metadata)]
    calls += [
        factors.listed(metadata),
        factors.disassociate(enrolled.person, await factors.id_of(enrolled.person, TOTP)),
    ]
    sql = f"UPDATE password_credentials.person_credential SET {change} WHERE id = $1"
    await server.rows(sql, ids.decode("cred", enrolled.person.credential_id))

    for call in calls:
        assert await told(call) == (grpc.StatusCode.FAILED_PRECONDITION, reason)


async def test_somebody_without_a_password_credential_is_told_so(factors, people, server):
    person = await people.person()
    await server.rows(
        "DELETE FROM password_credentials.person_credential WHERE id = $1", ids.decode("cred", person.credential_id)
    )

    for metadata in (person.metadata, server.as_service()):
        for call in (
            factors.associate(TOTP, metadata=metadata),
            factors.confirm(TOTP, "123456", metadata=metadata),
            factors.listed(metadata),
        ):
            assert await told(call) == (grpc.StatusCode.NOT_FOUND, "CREDENTIAL_NOT_FOUND")
    id = ids.new_id("mfaauth")
    assert await told(factors.disassociate(person, id)) == (grpc.StatusCode.NOT_FOUND, "CREDENTIAL_NOT_FOUND")
