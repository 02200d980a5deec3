"""AuthenticateCredential: somebody signs in with an address and a password."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import grpc
import jwt
import pytest
from tenantry.auth_tokens.v1 import tokens_pb2
from tenantry.identities.v1.identities_service_pb2 import GetIdentityRequest
from tenantry.identities.v1.identities_service_pb2_grpc import IdentitiesServiceStub
from tenantry.password_credentials.v1.password_credentials_service_pb2 import AuthenticateCredentialRequest

from server.kernel import ids
from tests.harness import properties_of, refusal
from tests.password_credentials.attempts import audit_code, audits_of
from tests.signed_in import PASSWORD, bearer

_CREDENTIAL = "password_credentials.person_credential_"
_RIGHT = [f"{_CREDENTIAL}password_verified.v1"]


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
    assert await audits_of(server, person.user_id) == ["EndUser.Registered.TermsAccepted", audit_code("Passed")]
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


async def test_a_suspended_person_learns_it_only_with_the_right_password(people, server):
    person = await people.person()
    await people.suspend(person.user_id)

    wrong = await refusal(people.sign_in(person.email_address, "wrong"))
    right = await refusal(people.sign_in(person.email_address))

    assert wrong.reason == "INVALID_CREDENTIALS"
    assert (right.code, right.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ACCOUNT_SUSPENDED")
    assert (await audits_of(server, person.user_id))[-1] == audit_code("Failed.AccountSuspended")


async def test_nobody_signs_in_before_the_registration_is_confirmed(people, server):
    person, address = await people.register()

    refused = await refusal(people.sign_in(address))

    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REGISTRATION_NOT_VERIFIED")
    assert (await audits_of(server, person.user.id))[-1] == audit_code("Failed.BeforeVerified")


async def weaken(server, person):
    """Give a person a hash of the same password, made with weaker parameters; the id of the credential's row."""
    from pwdlib.hashers.argon2 import Argon2Hasher  # noqa: PLC0415  # only this needs the library itself

    weak = Argon2Hasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    id = ids.decode("cred", person.credential_id)
    await server.rows("UPDATE password_credentials.person_credential SET password_hash = $1 WHERE id = $2", weak, id)
    return id


async def test_a_hash_of_weaker_parameters_is_renewed(people, server):
    person = await people.person()
    id = await weaken(server, person)

    await people.sign_in(person.email_address)

    [row] = await server.rows("SELECT password_hash FROM password_credentials.person_credential WHERE id = $1", id)
    assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await people.sign_in(person.email_address)


@pytest.mark.parametrize("request_ids", [[""] * 5, [str(uuid.uuid4()) for _ in range(5)]], ids=["bare", "request_id"])
async def test_whoever_signs_in_while_the_hash_is_renewed_is_not_refused(people, server, request_ids):
    person = await people.person()
    await weaken(server, person)
    requests = [
        AuthenticateCredentialRequest(username=person.email_address, password=PASSWORD, request_id=request_id)
        for request_id in request_ids
    ]

    answers = await asyncio.gather(*(people.service.AuthenticateCredential(request) for request in requests))

    assert len({answer.tokens.session_id for answer in answers}) == 5
    assert audit_code("Failed.InvalidCredentials") not in await audits_of(server, person.user_id)


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
