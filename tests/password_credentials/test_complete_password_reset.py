"""CompletePasswordReset: somebody sets a new password with the token of the mail."""

import asyncio
import html
import json
from datetime import timedelta

import grpc
import pytest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import RefreshTokenRequest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub
from tenantry.identities.v1.identities_service_pb2 import GetIdentityRequest
from tenantry.identities.v1.identities_service_pb2_grpc import IdentitiesServiceStub

from server.kernel import ids
from tests.harness import properties_of, refusal
from tests.password_credentials.attempts import audit_code, audits_of, fail
from tests.password_credentials.resets import CREDENTIAL, NEW_PASSWORD, begin, complete, mails_to, row_of, verify
from tests.password_credentials.test_authenticate_credential import weaken
from tests.signed_in import PASSWORD, bearer

_SESSIONS = "SELECT count(*) AS number FROM auth_tokens.session WHERE user_id = $1 AND revoked_at IS NULL"


async def test_the_new_password_takes_the_place_of_the_old_one(people, server):
    person = await people.person()
    token = await begin(people, server, person)

    await complete(people, token)

    assert (await people.sign_in(person.email_address, NEW_PASSWORD)).user_id == person.user_id
    assert (await refusal(people.sign_in(person.email_address, PASSWORD))).reason == "INVALID_CREDENTIALS"
    row = await row_of(server, person.credential_id)
    assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (row["reset_token_digest"], row["reset_expires_at"]) == (None, None)


async def test_it_is_published_recorded_and_told_by_mail(people, server):
    person = await people.person()
    token = await begin(people, server, person)

    await complete(people, token)

    assert (await server.events(person.credential_id))[-1] == f"{CREDENTIAL}password_reset_completed.v1"
    usages = [json.loads(text) for text in await server.queued("usages", person.user_id)]
    [usage] = [usage for usage in usages if usage["EventName"] == "User Password Reset"]
    assert properties_of(usage) == {"Id": person.user_id}
    mail = (await mails_to(server, person.email_address))[-1]
    assert mail["Html"]["Subject"] == "Your Tenantry password was changed"
    assert (mail["Html"]["ToDisplayName"], mail["Html"]["Tags"]) == ("Ana", ["user", "authentication", "credential"])
    assert f"{server.clock():%Y-%m-%d %H:}" in mail["Html"]["Body"]
    assert "If it was not you" in html.unescape(mail["Html"]["Body"])
    assert "Sensitive" not in mail


async def test_every_session_ends_and_no_tokens_are_issued(people, server):
    # given
    person = await people.person()
    others = [person.tokens, await people.sign_in(person.email_address)]
    identities = IdentitiesServiceStub(server.channel)
    for tokens in others:
        await identities.GetIdentity(GetIdentityRequest(), metadata=bearer(tokens.access_token.value))
    token = await begin(people, server, person)

    # when
    await complete(people, token)

    # then
    [row] = await server.rows(_SESSIONS, ids.decode("user", person.user_id))
    assert row["number"] == 0
    for tokens in others:
        async with asyncio.timeout(5):
            while await is_accepted(identities, tokens):
                await asyncio.sleep(0.01)
        ended = RefreshTokenRequest(refresh_token=tokens.refresh_token.value)
        refused = await refusal(AuthTokensServiceStub(server.channel).RefreshToken(ended))
        assert refused.reason == "REFRESH_TOKEN_INVALID"


async def is_accepted(identities, tokens):
    call = identities.GetIdentity(GetIdentityRequest(), metadata=bearer(tokens.access_token.value))
    return await call.code() is grpc.StatusCode.OK


async def test_a_locked_person_is_unlocked_and_may_fail_anew(people, server):
    # given
    person = await people.person()
    await fail(people, person.email_address, 5)
    assert (await refusal(people.sign_in(person.email_address))).reason == "ACCOUNT_LOCKED"
    token = await begin(people, server, person)

    # when
    await complete(people, token)

    # then
    assert (await server.events(person.credential_id))[-2:] == [
        f"{CREDENTIAL}password_reset_completed.v1",
        f"{CREDENTIAL}account_unlocked.v1",
    ]
    await fail(people, person.email_address, 4)
    assert (await people.sign_in(person.email_address, NEW_PASSWORD)).user_id == person.user_id


async def test_whoever_was_not_locked_is_not_unlocked_but_counted_anew(people, server):
    person = await people.person()
    await fail(people, person.email_address, 4)
    token = await begin(people, server, person)

    await complete(people, token)

    assert (await server.events(person.credential_id))[-1] == f"{CREDENTIAL}password_reset_completed.v1"
    await fail(people, person.email_address, 4)
    await people.sign_in(person.email_address, NEW_PASSWORD)


async def test_the_current_password_is_refused_and_the_token_stays_good(people, server):
    person = await people.person(password="caf\u00e9 on the corner")
    token = await begin(people, server, person)
    before = await row_of(server, person.credential_id), await server.events(person.credential_id)

    refused = await refusal(complete(people, token, "cafe\u0301 on the corner"))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "PASSWORD_UNCHANGED")
    assert (await row_of(server, person.credential_id), await server.events(person.credential_id)) == before
    await complete(people, token)


async def test_an_expired_token_tells_nothing_of_the_password(people, server, hashed):
    person = await people.person()
    token = await begin(people, server, person)
    before = await row_of(server, person.credential_id)
    server.clock.advance(timedelta(hours=2))
    hashed.clear()

    for password in (PASSWORD, NEW_PASSWORD, "Silva0000"):
        refused = await refusal(complete(people, token, password))
        assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "RESET_TOKEN_EXPIRED")

    assert hashed == []
    assert await row_of(server, person.credential_id) == before


async def test_a_token_that_is_unknown_replaced_or_used_is_not_found(people, server, hashed):
    # given
    person = await people.person()
    replaced = await begin(people, server, person)
    used = await begin(people, server, person)
    await complete(people, used)
    before = await row_of(server, person.credential_id)
    hashed.clear()

    # when
    refusals = [await refusal(complete(people, token, "another one entirely")) for token in ("a" * 43, replaced, used)]

    # then
    assert {(each.code, each.reason) for each in refusals} == {(grpc.StatusCode.NOT_FOUND, "RESET_TOKEN_NOT_FOUND")}
    assert hashed == []
    assert await row_of(server, person.credential_id) == before


async def test_of_ten_completions_at_once_one_succeeds(people, server):
    # given
    person = await people.person()
    token = await begin(people, server, person)
    passwords = [f"{NEW_PASSWORD} {number}" for number in range(10)]

    # when
    answers = await asyncio.gather(
        *(complete(people, token, password) for password in passwords), return_exceptions=True
    )

    # then
    [winner] = [number for number, answer in enumerate(answers) if not isinstance(answer, BaseException)]
    assert (await people.sign_in(person.email_address, passwords[winner])).user_id == person.user_id
    events = await server.events(person.credential_id)
    assert events.count(f"{CREDENTIAL}password_reset_completed.v1") == 1
    subjects = [mail["Html"]["Subject"] for mail in await mails_to(server, person.email_address)]
    assert subjects.count("Your Tenantry password was changed") == 1


async def test_a_sign_in_at_the_same_time_is_of_the_old_password_or_of_the_new(people, server):
    # given
    person = await people.person()
    token = await begin(people, server, person)

    # when
    _, *answers = await asyncio.gather(
        complete(people, token),
        *(people.sign_in(person.email_address) for _ in range(6)),
        return_exceptions=True,
    )

    # then
    [row] = await server.rows(_SESSIONS, ids.decode("user", person.user_id))
    assert row["number"] == 0
    assert all(
        not isinstance(each, grpc.aio.AioRpcError) or each.code() is not grpc.StatusCode.INTERNAL for each in answers
    )
    assert (await people.sign_in(person.email_address, NEW_PASSWORD)).user_id == person.user_id


async def test_a_reset_goes_on_while_a_sign_in_renews_the_hash(people, server):
    person = await people.person()
    await weaken(server, person)
    token = await begin(people, server, person)

    await asyncio.gather(complete(people, token), people.sign_in(person.email_address), return_exceptions=True)

    assert (await people.sign_in(person.email_address, NEW_PASSWORD)).user_id == person.user_id


async def test_the_new_password_of_somebody_who_had_none_is_the_first(people, server):
    # given
    person = await people.person()
    sql = "UPDATE password_credentials.person_credential SET password_hash = NULL WHERE id = $1"
    await server.rows(sql, ids.decode("cred", person.credential_id))
    token = await begin(people, server, person)

    # when
    await complete(people, token)

    # then
    assert (await people.sign_in(person.email_address, NEW_PASSWORD)).user_id == person.user_id


async def test_a_suspended_person_may_reset_and_stays_suspended(people, server):
    person = await people.person()
    await people.suspend(person.user_id)
    token = await begin(people, server, person)

    await complete(people, token)

    assert (await refusal(people.sign_in(person.email_address, NEW_PASSWORD))).reason == "ACCOUNT_SUSPENDED"
    assert (await audits_of(server, person.user_id))[-1] == audit_code("Failed.AccountSuspended")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "PASSWORD_TOO_SHORT"),
        ("seven77", "PASSWORD_TOO_SHORT"),
        ("x" * 201, "PASSWORD_TOO_LONG"),
        ("Password1", "PASSWORD_TOO_COMMON"),
        ("!!Tenantry99", "PASSWORD_CONTAINS_NAME"),
        ("Silvester77", "PASSWORD_CONTAINS_NAME"),
        ("ana silvester", "PASSWORD_CONTAINS_NAME"),
    ],
)
async def test_a_bad_password_is_refused_and_the_token_stays_good(people, server, password, reason):
    person = await people.person(last_name="Silvester")
    token = await begin(people, server, person)
    before = await row_of(server, person.credential_id)

    refused = await refusal(complete(people, token, password))

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    assert refused.violations == {"password": reason}
    assert await row_of(server, person.credential_id) == before
    await verify(people, token)


async def test_the_address_is_no_password(people, server):
    person = await people.person()
    token = await begin(people, server, person)

    for password in (person.email_address, person.email_address.partition("@")[0]):
        refused = await refusal(complete(people, token, password))
        assert refused.violations == {"password": "PASSWORD_CONTAINS_NAME"}


async def test_names_are_not_looked_at_before_the_token(people):
    refused = await refusal(complete(people, "a" * 43, "Tenantry99"))

    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "RESET_TOKEN_NOT_FOUND")


async def test_all_bad_fields_are_named_at_once(people):
    refused = await refusal(complete(people, "short", "x"))

    assert refused.violations == {"token": "INVALID_TOKEN", "password": "PASSWORD_TOO_SHORT"}
