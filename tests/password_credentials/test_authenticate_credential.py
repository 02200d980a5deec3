"""AuthenticateCredential: somebody signs in with an address and a password."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import grpc
import jwt
import pytest
from google.rpc.status_pb2 import Status
from tenantry.auth_tokens.v1 import tokens_pb2
from tenantry.identities.v1.identities_service_pb2 import GetIdentityRequest
from tenantry.identities.v1.identities_service_pb2_grpc import IdentitiesServiceStub
from tenantry.password_credentials.v1.password_credentials_service_pb2 import AuthenticateCredentialRequest

from server.kernel import ids
from server.kernel.access.caller import ANONYMOUS
from server.kernel.database.pool import Connection
from tests.harness import properties_of, refusal
from tests.signed_in import PASSWORD, bearer, new_address

_CREDENTIAL = "password_credentials.person_credential_"
_RIGHT = [f"{_CREDENTIAL}password_verified.v1"]


async def fail(people, address, times):
    for _ in range(times):
        assert (await refusal(people.sign_in(address, "wrong"))).reason == "INVALID_CREDENTIALS"


async def audits_of(server, user_id):
    return [json.loads(text)["AuditCode"] for text in await server.queued("audits", f'"AgainstId": "{user_id}"')]


@pytest.fixture
def hashed(server, monkeypatch):
    """The passwords that reach the hash, in their order."""
    found = []
    argon2 = server.app.platform.hasher._hasher
    verify = argon2.verify

    def verify_and_note(password, stored):
        found.append(password)
        return verify(password, stored)

    monkeypatch.setattr(argon2, "verify", verify_and_note)
    return found


async def test_a_person_signs_in(people, server):
    person, address = await people.register()
    await people.confirm(person.user.id)
    before = datetime.now(UTC)

    tokens = await people.sign_in(address, metadata=(("user-agent", "curl/8"),))

    assert tokens.user_id == person.user.id
    assert tokens.session_id.startswith("session_")
    assert tokens.access_token.type == tokens_pb2.TOKEN_TYPE_ACCESS
    assert tokens.refresh_token.type == tokens_pb2.TOKEN_TYPE_REFRESH
    assert len(tokens.refresh_token.value) == 43
    expires_in = tokens.refresh_token.expires_at.ToDatetime(tzinfo=UTC) - before
    assert timedelta(days=14) <= expires_in < timedelta(days=14, seconds=30)
    me = await IdentitiesServiceStub(server.channel).GetIdentity(
        GetIdentityRequest(), metadata=bearer(tokens.access_token.value)
    )
    assert me.identity.id == person.user.id


async def test_the_access_token_says_who_how_and_for_how_long(people, server):
    person = await people.person()
    token = person.tokens.access_token

    claims = jwt.decode(token.value, options={"verify_signature": False})
    header = jwt.get_unverified_header(token.value)

    assert claims["iss"] == claims["aud"] == "http://localhost:8080"
    assert (claims["sub"], claims["sid"]) == (person.user_id, person.tokens.session_id)
    assert claims["exp"] == claims["iat"] + 900 == token.expires_at.seconds
    assert claims["auth_time"] == claims["iat"]
    assert claims["amr"] == ["pwd"]
    assert claims["roles"] == ["platform_standard"]
    assert claims["features"] == ["platform_paidtrial_features", "platform_basic_features"]
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": server.app.platform.tokens.keys.current.kid}


async def test_a_sign_in_is_audited_recorded_and_published(people, server):
    person = await people.person()

    assert (await server.events(person.credential_id))[-1:] == _RIGHT
    assert await audits_of(server, person.user_id) == ["EndUser.Registered.TermsAccepted", _audit("Passed")]
    [login] = [json.loads(text) for text in await server.queued("usages", person.user_id) if '"User Login"' in text]
    organization_id = login["Additional"].pop("DefaultOrganizationId")
    assert organization_id.startswith("org_")
    assert properties_of(login) == {
        "AuthProvider": "credentials",
        "UserIdOverride": person.user_id,
        "Name": "Ana Silva",
        "EmailAddress": person.email_address,
    }


async def test_each_sign_in_opens_a_session_and_ends_none(people, server):
    person = await people.person()

    second = await people.sign_in(person.email_address)

    assert second.session_id != person.tokens.session_id
    assert second.access_token.value != person.tokens.access_token.value
    identities = IdentitiesServiceStub(server.channel)
    for tokens in (person.tokens, second):
        await identities.GetIdentity(GetIdentityRequest(), metadata=bearer(tokens.access_token.value))


async def test_composed_and_decomposed_characters_are_the_same_password(people):
    person, address = await people.register(password="caf\u00e9 on the corner")
    await people.confirm(person.user.id)

    assert (await people.sign_in(address, "cafe\u0301 on the corner")).user_id == person.user.id


async def refused_bytes(people, address, password):
    request = AuthenticateCredentialRequest(username=address, password=password)
    try:
        await people.service.AuthenticateCredential(request, metadata=(("x-request-id", "the-same-one"),))
    except grpc.aio.AioRpcError as error:
        return error.code(), error.details(), tuple(error.trailing_metadata())
    raise AssertionError("the call was not refused")


async def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(people, server):
    # given
    known = (await people.person()).email_address
    unconfirmed = (await people.register())[1]
    without_password = await people.person()
    await server.rows(
        "UPDATE password_credentials.person_credential SET password_hash = NULL WHERE id = $1",
        ids.decode("cred", without_password.credential_id),
    )
    guest = await people.person()
    await server.rows(
        "UPDATE users.end_user SET status = 'unregistered' WHERE id = $1", ids.decode("user", guest.user_id)
    )

    # when
    answers = {
        await refused_bytes(people, new_address(), PASSWORD),
        await refused_bytes(people, known, "wrong"),
        await refused_bytes(people, unconfirmed, "wrong"),
        await refused_bytes(people, without_password.email_address, PASSWORD),
        await refused_bytes(people, guest.email_address, PASSWORD),
    }

    # then
    [(code, message, metadata)] = answers
    assert code is grpc.StatusCode.UNAUTHENTICATED
    assert message == "The name or the password is wrong."
    assert b"INVALID_CREDENTIALS" in Status.FromString(dict(metadata)["grpc-status-details-bin"]).SerializeToString()


async def test_an_unknown_name_costs_the_same_statements_as_a_known_one(people, monkeypatch, hashed):
    # given
    known, unknown = (await people.person()).email_address, new_address()
    statements = []
    fetch, execute = Connection.fetch, Connection.execute

    async def fetch_and_note(self, sql, arguments):
        statements.append(sql)
        return await fetch(self, sql, arguments)

    async def execute_and_note(self, sql, arguments):
        statements.append(sql)
        return await execute(self, sql, arguments)

    monkeypatch.setattr(Connection, "fetch", fetch_and_note)
    monkeypatch.setattr(Connection, "execute", execute_and_note)

    for _ in range(5):
        # when
        hashed.clear()
        statements.clear()
        await fail(people, known, 1)
        of_known, hashed_for_known = [sql for sql in statements if "pg_notify" not in sql], len(hashed)
        hashed.clear()
        statements.clear()
        await fail(people, unknown, 1)
        of_unknown = [sql for sql in statements if "pg_notify" not in sql]

        # then
        assert of_known == of_unknown
        assert hashed_for_known == len(hashed) == 1


async def test_wrong_passwords_are_audited_against_whom_they_concern(people, server):
    person = await people.person()
    before = len(await audits_of(server, ANONYMOUS))

    await fail(people, person.email_address, 1)
    await fail(people, new_address(), 1)

    assert (await audits_of(server, person.user_id))[-1] == _audit("Failed.InvalidCredentials")
    assert (await audits_of(server, ANONYMOUS))[before:] == [_audit("Failed.InvalidCredentials")]


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
    assert (await audits_of(server, person.user_id))[-2:] == [_audit("Failed.AccountLocked"), _audit("Passed")]


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


async def test_of_twenty_right_passwords_at_once_all_get_in(people):
    person = await people.person()

    tokens = await asyncio.gather(*(people.sign_in(person.email_address) for _ in range(20)))

    assert len({found.session_id for found in tokens}) == 20


async def test_whoever_hangs_up_has_tried_all_the_same(people, server):
    # given
    person = await people.person()
    request = AuthenticateCredentialRequest(username=person.email_address, password="wrong")
    digest = server.app.platform.secrets.sign("login-name", person.email_address.encode())
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


async def test_a_suspended_person_learns_it_only_with_the_right_password(people, server):
    person = await people.person()
    await people.suspend(person.user_id)

    wrong = await refusal(people.sign_in(person.email_address, "wrong"))
    right = await refusal(people.sign_in(person.email_address))

    assert wrong.reason == "INVALID_CREDENTIALS"
    assert (right.code, right.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_SUSPENDED")
    assert (await audits_of(server, person.user_id))[-1] == _audit("Failed.AccountSuspended")


async def test_nobody_signs_in_before_the_registration_is_confirmed(people, server):
    person, address = await people.register()

    refused = await refusal(people.sign_in(address))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REGISTRATION_NOT_VERIFIED")
    assert (await audits_of(server, person.user.id))[-1] == _audit("Failed.BeforeVerified")


async def test_a_hash_of_weaker_parameters_is_renewed(people, server):
    from pwdlib.hashers.argon2 import Argon2Hasher  # noqa: PLC0415  # only this test needs the library itself

    person = await people.person()
    weak = Argon2Hasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    id = ids.decode("cred", person.credential_id)
    await server.rows("UPDATE password_credentials.person_credential SET password_hash = $1 WHERE id = $2", weak, id)

    await people.sign_in(person.email_address)

    [row] = await server.rows("SELECT password_hash FROM password_credentials.person_credential WHERE id = $1", id)
    assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await people.sign_in(person.email_address)


async def test_a_repeat_gets_the_same_tokens_for_ten_seconds(people, server):
    person = await people.person()
    request = AuthenticateCredentialRequest(
        username=person.email_address, password=PASSWORD, request_id=str(uuid.uuid4())
    )

    answers = await asyncio.gather(*(people.service.AuthenticateCredential(request) for _ in range(8)))
    server.clock.advance(timedelta(seconds=11))
    later = await people.service.AuthenticateCredential(request)

    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert later.tokens.session_id != answers[0].tokens.session_id


async def test_a_wrong_password_with_a_request_id_is_counted_each_time(people):
    person = await people.person()
    request = AuthenticateCredentialRequest(
        username=person.email_address, password="wrong", request_id=str(uuid.uuid4())
    )

    reasons = [(await refusal(people.service.AuthenticateCredential(request))).reason for _ in range(6)]

    assert reasons == ["INVALID_CREDENTIALS"] * 5 + ["ACCOUNT_LOCKED"]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("username", "", "INVALID_USERNAME"),
        ("username", "ana", "INVALID_USERNAME"),
        ("password", "", "INVALID_PASSWORD"),
        ("password", "x" * 201, "INVALID_PASSWORD"),
        ("request_id", "no uuid", "INVALID_REQUEST_ID"),
    ],
)
async def test_a_field_outside_its_rule_is_refused_and_not_counted(people, field, value, reason):
    person = await people.person()
    fields = {"username": person.email_address, "password": "wrong"} | {field: value}

    for _ in range(6):
        refused = await refusal(people.service.AuthenticateCredential(AuthenticateCredentialRequest(**fields)))
        assert (refused.code, refused.violations) == (grpc.StatusCode.INVALID_ARGUMENT, {field: reason})

    await people.sign_in(person.email_address)


async def test_the_credential_of_the_caller_has_no_influence(people):
    first, second = await people.person(), await people.person()

    tokens = await people.sign_in(second.email_address, metadata=first.metadata)

    assert tokens.user_id == second.user_id


def _audit(what: str) -> str:
    return f"Authentication.Password.{what}"
