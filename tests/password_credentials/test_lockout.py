"""AuthenticateCredential refuses a name for a while after too many wrong passwords."""

import asyncio
from datetime import timedelta

import grpc
import pytest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2 import RefreshTokenRequest
from tenantry.auth_tokens.v1.auth_tokens_service_pb2_grpc import AuthTokensServiceStub
from tenantry.identities.v1.identities_service_pb2 import GetIdentityRequest
from tenantry.identities.v1.identities_service_pb2_grpc import IdentitiesServiceStub
from tenantry.password_credentials.v1.password_credentials_service_pb2 import AuthenticateCredentialRequest

from server import composition
from tests.harness import refusal, running
from tests.password_credentials.attempts import audit_code, audits_of, fail
from tests.password_credentials.resets import NEW_PASSWORD, begin, complete
from tests.signed_in import People, new_address

_CREDENTIAL = "password_credentials.person_credential_"


@pytest.mark.parametrize("is_known", [True, False])
async def test_the_fifth_wrong_password_locks_the_name(people, hashed, is_known):
    # given
    address = (await people.person()).email_address if is_known else new_address()
    await fail(people, address, 5)
    hashed.clear()

    # when
    refused = await refusal(people.sign_in(address))

    # then
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_LOCKED")
    assert hashed == []


async def test_locking_and_unlocking_are_published_and_audited(people, server):
    person = await people.person()
    await fail(people, person.email_address, 5)
    locked_at = server.clock()

    assert (await refusal(people.sign_in(person.email_address))).reason == "ACCOUNT_LOCKED"
    server.clock.stop_at(locked_at + timedelta(seconds=301))
    await people.sign_in(person.email_address)

    attempts = [f"{_CREDENTIAL}password_verified.v1"]
    assert (await server.events(person.credential_id))[-8:] == [
        *attempts * 5,
        f"{_CREDENTIAL}account_locked.v1",
        *attempts,
        f"{_CREDENTIAL}account_unlocked.v1",
    ]
    assert (await audits_of(server, person.user_id))[-2:] == [audit_code("Failed.AccountLocked"), audit_code("Passed")]


@pytest.mark.parametrize("is_known", [True, False])
async def test_after_the_cooldown_a_wrong_password_counts_as_the_first(people, server, is_known):
    # given
    address = (await people.person()).email_address if is_known else new_address()
    await fail(people, address, 5)
    server.clock.advance(timedelta(seconds=200))
    assert (await refusal(people.sign_in(address))).reason == "ACCOUNT_LOCKED"

    # when
    server.clock.advance(timedelta(seconds=101))
    await fail(people, address, 4)

    # then
    assert (await refusal(people.sign_in(address, "wrong"))).reason == "INVALID_CREDENTIALS"
    assert (await refusal(people.sign_in(address, "wrong"))).reason == "ACCOUNT_LOCKED"


async def test_a_wrong_password_after_the_cooldown_unlocks_as_well(people, server):
    person = await people.person()
    await fail(people, person.email_address, 5)

    server.clock.advance(timedelta(seconds=301))
    await fail(people, person.email_address, 1)

    assert (await server.events(person.credential_id))[-1] == f"{_CREDENTIAL}account_unlocked.v1"


async def test_a_right_password_wipes_out_the_wrong_ones(people):
    person = await people.person()
    await fail(people, person.email_address, 4)

    await people.sign_in(person.email_address)

    await fail(people, person.email_address, 4)
    await people.sign_in(person.email_address)


@pytest.mark.parametrize("is_known", [True, False])
async def test_of_fifty_wrong_passwords_at_once_five_reach_the_hash(people, hashed, is_known):
    # given
    address = (await people.person()).email_address if is_known else new_address()
    hashed.clear()

    # when
    refusals = await asyncio.gather(*(refusal(people.sign_in(address, "wrong")) for _ in range(50)))

    # then
    reasons = [refused.reason for refused in refusals]
    assert len(hashed) == 5
    assert (reasons.count("INVALID_CREDENTIALS"), reasons.count("ACCOUNT_LOCKED")) == (5, 45)
    assert (await refusal(people.sign_in(address))).reason == "ACCOUNT_LOCKED"


async def test_of_a_thousand_guesses_from_one_place_five_reach_the_hash(people, hashed):
    # given
    address = (await people.person()).email_address
    hashed.clear()

    # when
    reasons = []
    for _ in range(20):
        guesses = (refusal(people.sign_in(address, f"guess {number}")) for number in range(50))
        reasons += [refused.reason for refused in await asyncio.gather(*guesses)]

    # then
    assert len(hashed) == 5
    assert (reasons.count("INVALID_CREDENTIALS"), reasons.count("ACCOUNT_LOCKED")) == (5, 995)


async def test_attempts_that_are_refused_do_not_prolong_the_lock(people, server):
    # given
    person = await people.person()
    server.clock.stop_at(server.clock())
    await fail(people, person.email_address, 5)

    # when
    for _ in range(299):
        server.clock.advance(timedelta(seconds=1))
        if server.clock().second % 30 == 0:
            assert (await refusal(people.sign_in(person.email_address, "wrong"))).reason == "ACCOUNT_LOCKED"
    assert (await refusal(people.sign_in(person.email_address))).reason == "ACCOUNT_LOCKED"
    server.clock.advance(timedelta(seconds=1))

    # then
    assert (await people.sign_in(person.email_address)).user_id == person.user_id


async def test_whoever_is_signed_in_stays_so_while_strangers_lock_the_name(people, server):
    # given
    person = await people.person()
    await fail(people, person.email_address, 5)
    assert (await refusal(people.sign_in(person.email_address))).reason == "ACCOUNT_LOCKED"

    # when
    me = await IdentitiesServiceStub(server.channel).GetIdentity(GetIdentityRequest(), metadata=person.metadata)
    refresh = RefreshTokenRequest(refresh_token=person.tokens.refresh_token.value)
    renewed = (await AuthTokensServiceStub(server.channel).RefreshToken(refresh)).tokens

    # then
    assert me.identity.id == renewed.user_id == person.user_id


async def test_a_stranger_cannot_keep_the_owner_of_an_address_out(people, server):
    # given
    person = await people.person()
    await fail(people, person.email_address, 5)

    # when
    token = await begin(people, server, person)
    assert (await refusal(people.sign_in(person.email_address))).reason == "ACCOUNT_LOCKED"
    await complete(people, token)

    # then
    assert (await people.sign_in(person.email_address, NEW_PASSWORD)).user_id == person.user_id


async def test_of_twenty_right_passwords_at_once_all_get_in(people):
    person = await people.person()

    tokens = await asyncio.gather(*(people.sign_in(person.email_address) for _ in range(20)))

    assert len({found.session_id for found in tokens}) == 20


async def test_whoever_hangs_up_has_tried_all_the_same(people, server):
    # given
    person = await people.person()
    request = AuthenticateCredentialRequest(username=person.email_address, password="wrong")
    digest = server.app.platform.secrets.index("login-name", person.email_address.encode())
    sql = "SELECT failed_attempts, underway FROM password_credentials.login_monitor WHERE name_digest = $1"

    # when
    call = people.service.AuthenticateCredential(request)
    while not (rows := await server.rows(sql, digest)) or rows[0]["underway"] == "{}":
        await asyncio.sleep(0.001)
    call.cancel()

    # then
    async with asyncio.timeout(5):
        while [dict(row) for row in await server.rows(sql, digest)] != [{"failed_attempts": 1, "underway": "{}"}]:
            await asyncio.sleep(0.01)


async def test_names_that_were_guessed_are_forgotten(people, server):
    for _ in range(6):
        await fail(people, new_address(), 1)

    server.clock.advance(timedelta(seconds=301))
    for _ in range(3):
        await fail(people, new_address(), 1)

    [row] = await server.rows(
        "SELECT count(*) AS number FROM password_credentials.login_monitor WHERE expires_at <= $1", server.clock()
    )
    assert row["number"] == 0


async def test_two_servers_count_together(people, server, hashed, monkeypatch):
    # given
    address = (await people.person()).email_address
    async with running(server.dsn, composition.compose) as elsewhere:
        argon2 = elsewhere.app.platform.hasher._hasher
        verify = argon2.verify
        monkeypatch.setattr(argon2, "verify", lambda *args: hashed.append(args[0]) or verify(*args))
        hashed.clear()

        # when
        refusals = await asyncio.gather(
            *(refusal(each.sign_in(address, "wrong")) for each in (people, People(elsewhere)) for _ in range(20))
        )

    # then
    reasons = [refused.reason for refused in refusals]
    assert len(hashed) == 5
    assert (reasons.count("INVALID_CREDENTIALS"), reasons.count("ACCOUNT_LOCKED")) == (5, 35)
